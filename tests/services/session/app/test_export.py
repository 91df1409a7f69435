"""What a person takes along: everything of theirs, and nothing of anybody else."""

import base64
import json
from uuid import uuid4

import pytest

from services.runtime.errors import NotFound
from tests.services.session.app.planted import MARKS, RESUME, found_in, plant
from tests.services.session.world import World, session

pytestmark = pytest.mark.integration
__all__ = ["session"]  # a fixture


async def test_the_export_is_one_json_document_with_everything_of_the_person(session: World) -> None:
    async with session.working():
        candidate, finished = await plant(session)
        other = await session.person("other@example.org", "다른사람")
        await session.interview(other)
        assert candidate.id is not None
        pieces = [piece async for piece in session.privacy.export(candidate.id)]
    document = json.loads(b"".join(pieces))
    assert max(map(len, pieces)) <= 64 << 10
    absent = {"request id", "stray message"}  # keys of retries, and what nobody understood
    assert found_in(json.dumps(document, ensure_ascii=False)) == set(MARKS) - absent
    assert base64.b64decode(document["resumes"][0]["file_base64"]) == RESUME.encode()
    assert next(each["id"] for each in document["interviews"]) == str(finished)
    assert document["interviews"][0]["decision"] == "hold"
    assert "password" not in json.dumps(document)
    assert "다른사람" not in json.dumps(document, ensure_ascii=False)


async def test_a_large_file_comes_out_of_the_export_as_it_went_in(session: World) -> None:
    candidate = await session.person("a@example.org")
    content = bytes(range(256)) * 3000 + b"x"
    blob, resume = uuid4(), uuid4()
    await session.pool.execute(
        "insert into blob (id, owner_id, content) values ($1, $2, $3)", blob, candidate.id, content
    )
    await session.pool.execute(
        "insert into resume (id, candidate_id, blob_id, file_name, size_bytes, language, status)"
        " values ($1, $2, $3, 'f', 1, 'ko', 'ready')",
        *(resume, candidate.id, blob),
    )
    assert candidate.id is not None
    document = json.loads(b"".join([piece async for piece in session.privacy.export(candidate.id)]))
    assert base64.b64decode(document["resumes"][0]["file_base64"]) == content


async def test_nobody_can_export_an_account_that_is_gone(session: World) -> None:
    with pytest.raises(NotFound):
        await anext(aiter(session.privacy.export(uuid4())))
