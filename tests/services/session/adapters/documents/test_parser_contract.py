"""The contract of a DocumentParser, for the one in a process of its own and for its fake."""

import inspect

import pytest

from services.session.adapters.documents.in_process import InProcessParser
from services.session.adapters.documents.limits import ParserLimits
from services.session.adapters.documents.process import ChildProcessParser
from services.session.domain.resumes.documents import Document, DocumentError, DocumentParser, Reason
from tests.fixtures import documents
from tests.fixtures.resumes import KOREAN_RESUME

pytestmark = pytest.mark.integration

KOREAN_LINES = [line for line in KOREAN_RESUME.split("\n") if line]


@pytest.fixture(params=[ChildProcessParser, InProcessParser])
def parser(request: pytest.FixtureRequest) -> DocumentParser:
    return request.param(ParserLimits(document_bytes=400_000))


@pytest.mark.parametrize(
    "content",
    [documents.text_pdf(KOREAN_RESUME), documents.simple_docx(KOREAN_RESUME), KOREAN_RESUME.encode("cp949")],
    ids=["pdf", "docx", "text"],
)
async def test_every_format_gives_the_same_text(parser, content):
    parsed = await parser.parse(Document(content))
    assert [line for line in parsed.text.split("\n") if line] == KOREAN_LINES
    assert [parsed.text[b.start : b.end] for b in parsed.blocks] == KOREAN_LINES


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", Reason.EMPTY),
        (documents.encrypted_pdf("secret"), Reason.ENCRYPTED),
        (documents.image_only_pdf(), Reason.IMAGE_ONLY),
        (documents.text_pdf(KOREAN_RESUME)[:900], Reason.CORRUPT),
        (documents.zip_bomb_docx(210 * 1024 * 1024), Reason.BOMB),
        (bytes(400_001), Reason.TOO_LARGE),
        (documents.compound_file("FileHeader"), Reason.WRONG_TYPE),
        (documents.pdf_without_mapping(), Reason.UNREADABLE_TEXT),
    ],
)
async def test_each_failure_has_its_own_reason(parser, content, reason):
    with pytest.raises(DocumentError) as told:
        await parser.parse(Document(content))
    assert told.value.reason is reason
    assert not told.value.retryable


async def test_the_type_is_what_the_bytes_say_and_not_the_name(parser):
    parsed = await parser.parse(
        Document(documents.text_pdf(KOREAN_RESUME), "이력서.docx", "application/msword")
    )
    assert parsed.format == "pdf"


async def test_the_seen_type_comes_back_for_the_words_to_the_person(parser):
    with pytest.raises(DocumentError) as told:
        await parser.parse(Document(documents.compound_file("FileHeader")))
    assert told.value.detail == {"seen": "HWP"}


async def test_f11_a_document_travels_as_bytes_and_a_path_means_nothing(parser, tmp_path):
    file = tmp_path / "resume.txt"
    file.write_text(KOREAN_RESUME, encoding="utf-8")
    fields = set(inspect.signature(Document).parameters)
    assert fields == {"content", "declared_name", "declared_type"}
    # A name that is a path of this machine is never opened: what is read are the bytes.
    parsed = await parser.parse(Document("경력 다른 내용입니다".encode(), declared_name=str(file)))
    assert parsed.text == "경력 다른 내용입니다"
    file.unlink()
    assert (await parser.parse(Document(KOREAN_RESUME.encode(), declared_name=str(file)))).text.startswith(
        "김민수"
    )
