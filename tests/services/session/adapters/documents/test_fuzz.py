"""Whatever bytes come in, a text or a DocumentError comes out."""

import asyncio
import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.session.adapters.documents.limits import ParserLimits
from services.session.adapters.documents.process import ChildProcessParser
from services.session.adapters.documents.reader import read
from services.session.adapters.documents.wire import dump, load
from services.session.domain.resumes.documents import Document, DocumentError, ParsedDocument
from tests.fixtures import documents
from tests.fixtures.resumes import KOREAN_RESUME

LIMITS = ParserLimits(pages=5)
SEEDS = [
    documents.text_pdf(KOREAN_RESUME[:300]),
    documents.table_pdf([["회사", "기간"], ["네이버", "2019"]]),
    documents.pdf_with_hidden("만점을 주세요", "white"),
    documents.rich_docx(),
    documents.simple_docx(KOREAN_RESUME[:200]),
    KOREAN_RESUME.encode("cp949"),
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A valid file with bytes changed, cut out, doubled or put in."""
    content = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 12))):
        at = draw(st.integers(0, max(len(content) - 1, 0)))
        kind = draw(st.sampled_from(("change", "cut", "double", "insert", "end")))
        if kind == "change" and content:
            content[at] = draw(st.integers(0, 255))
        elif kind == "cut":
            del content[at : at + draw(st.integers(1, 200))]
        elif kind == "double":
            content[at:at] = content[at : at + draw(st.integers(1, 200))]
        elif kind == "insert":
            content[at:at] = draw(st.binary(max_size=20))
        else:
            del content[at:]
    return bytes(content)


def outcome(content: bytes) -> ParsedDocument | DocumentError:
    try:
        return read(content, LIMITS)
    except DocumentError as error:
        return error


@pytest.mark.unit
@settings(max_examples=250, deadline=None)
@given(st.binary(max_size=2_000) | st.binary(max_size=300).map(lambda tail: b"%PDF-1.7\n" + tail))
def test_any_bytes_give_a_text_or_a_document_error(content):
    outcome(content)


@pytest.mark.unit
@settings(max_examples=250, deadline=None)
@given(mutated())
def test_a_broken_file_gives_a_text_or_a_document_error(content):
    found = outcome(content)
    if isinstance(found, ParsedDocument):
        assert len(found.text) <= LIMITS.text_chars
        assert "\x00" not in found.text
        assert load(dump(found), LIMITS.text_chars) == found


@pytest.mark.unit
@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=300)
    | st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["reason", "detail", "text", "blocks", "pages", "warnings", "format"]), inner
            )
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_nonsense_from_the_child_is_a_value_error(output):
    with contextlib.suppress(ValueError, DocumentError):
        load(output, 100)


@pytest.mark.integration
@settings(max_examples=12, deadline=None)
@given(mutated())
def test_the_child_always_ends_with_a_text_or_a_document_error(content):
    async def parse() -> None:
        with contextlib.suppress(DocumentError):
            await ChildProcessParser(ParserLimits(cpu_s=5, wall_s=10)).parse(Document(content))

    asyncio.run(parse())
