"""All that is kept of a person as one JSON document, piece by piece. Does not know where it is kept.

A document may be larger than memory should be: files and interviews are read one at a time.
"""

import base64
import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from services.session.app import refusals

PIECE = 64 << 10  # bytes at most
FORMAT = 1


class ExportSource(Protocol):
    """What is kept of a person, as JSON values. Nothing of anybody else."""

    async def account(self, account_id: UUID) -> dict[str, Any] | None: ...

    async def invitations(self, account_id: UUID) -> list[dict[str, Any]]: ...

    async def resumes(self, account_id: UUID) -> Sequence[UUID]: ...

    async def resume(self, resume_id: UUID) -> dict[str, Any] | None: ...

    def file(self, resume_id: UUID) -> AsyncIterator[bytes]:
        """The uploaded file in parts whose sizes are multiples of three, the last one excepted."""

    async def interviews(self, account_id: UUID) -> Sequence[UUID]: ...

    async def interview(self, interview_id: UUID) -> dict[str, Any] | None:
        """With consents, turns, questions, answers, evaluations, reports and the decision."""


async def pieces(source: ExportSource, account_id: UUID, at: datetime) -> AsyncIterator[bytes]:
    """The document's bytes in order. Raises NotFound before the first one."""
    account = await source.account(account_id)
    if account is None:
        raise refusals.not_found("user")
    async for text in _document(source, account_id, account, at):
        data = text.encode()
        for start in range(0, len(data), PIECE):
            yield data[start : start + PIECE]


async def _document(
    source: ExportSource, account_id: UUID, account: dict[str, Any], at: datetime
) -> AsyncIterator[str]:
    head = {"format": FORMAT, "exported_at": at.isoformat(), "account": account}
    yield _json(head)[:-1] + f', "invitations": {_json(await source.invitations(account_id))}, "resumes": ['
    async for text in _separated(_resumes(source, account_id)):
        yield text
    yield '], "interviews": ['
    async for text in _separated(_interviews(source, account_id)):
        yield text
    yield "]}\n"


async def _separated(items: AsyncIterator[AsyncIterator[str]]) -> AsyncIterator[str]:
    first = True
    async for item in items:
        yield "\n" if first else ",\n"
        first = False
        async for text in item:
            yield text


async def _resumes(source: ExportSource, account_id: UUID) -> AsyncIterator[AsyncIterator[str]]:
    for resume_id in await source.resumes(account_id):
        resume = await source.resume(resume_id)
        if resume is not None:
            yield _with_file(source, resume_id, resume)


async def _with_file(source: ExportSource, resume_id: UUID, resume: dict[str, Any]) -> AsyncIterator[str]:
    yield _json(resume)[:-1] + ', "file_base64": "'
    async for part in source.file(resume_id):
        yield base64.b64encode(part).decode()
    yield '"}'


async def _interviews(source: ExportSource, account_id: UUID) -> AsyncIterator[AsyncIterator[str]]:
    for interview_id in await source.interviews(account_id):
        interview = await source.interview(interview_id)
        if interview is not None:
            yield _alone(_json(interview))


async def _alone(text: str) -> AsyncIterator[str]:
    yield text


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
