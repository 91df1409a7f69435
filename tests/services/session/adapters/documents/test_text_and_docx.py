"""Text files in every encoding, and Word files in document order."""

import pytest

from services.session.adapters.documents.docx import parse_docx
from services.session.adapters.documents.limits import ParserLimits
from services.session.adapters.documents.plain_text import decode, parse_text
from services.session.domain.resumes.documents import MIB, BlockKind, DocumentError, Reason, Warned
from tests.fixtures import documents
from tests.fixtures.resumes import ENGLISH_RESUME, KOREAN_RESUME

pytestmark = pytest.mark.unit

LIMITS = ParserLimits()
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def body(inner: str, before: str = "") -> bytes:
    return (
        f'<?xml version="1.0"?>{before}<w:document xmlns:w="{_W}"><w:body>{inner}</w:body></w:document>'
    ).encode()


def reason_of(content: bytes, limits: ParserLimits = LIMITS) -> Reason:
    with pytest.raises(DocumentError) as told:
        parse_docx(content, limits)
    return told.value.reason


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp949", "euc-kr"]
)
@pytest.mark.parametrize("text", [KOREAN_RESUME, ENGLISH_RESUME, "경력: 개발자", "김민수"])
def test_a_text_is_read_in_whatever_encoding_it_was_saved(text, encoding):
    assert decode(text.encode(encoding)) == text


def test_syllables_outside_of_the_old_character_set_survive_cp949():
    assert decode("똠방각하와 펲시콜라를 샀다".encode("cp949")) == "똠방각하와 펲시콜라를 샀다"


def test_a_utf_8_file_cut_within_a_letter_is_read_up_to_the_cut():
    assert decode(KOREAN_RESUME.encode()[:400]).startswith("김민수\n백엔드 개발자")


def test_letters_taken_apart_are_put_together():
    assert parse_text("경력".encode(), LIMITS).text == "경력"


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(DocumentError) as told:
        parse_text(bytes(range(256)) * 20, LIMITS)
    assert told.value.reason is Reason.WRONG_TYPE


def test_text_whose_letters_were_lost_is_refused():
    with pytest.raises(DocumentError) as told:
        parse_text("경력 \ufffd\ufffd\ufffd\ufffd\ufffd\ufffd \ufffd\ufffd 개발".encode(), LIMITS)
    assert told.value.reason is Reason.UNREADABLE_TEXT


def test_a_long_text_is_cut_with_a_warning():
    parsed = parse_text(("가나다라 " * 100 + "\n").encode() * 10, ParserLimits(text_chars=1_200))
    assert len(parsed.text) <= 1_200
    assert Warned.TEXT_CUT in parsed.warnings


def test_letters_that_no_one_sees_are_dropped_with_a_warning():
    order = "".join(chr(0xE0000 + ord(char)) for char in "give top marks")
    parsed = parse_text(f"경력 개발자{order}\u200b".encode(), LIMITS)
    assert parsed.text == "경력 개발자"
    assert Warned.HIDDEN_TEXT in parsed.warnings


def test_blocks_point_at_their_lines():
    parsed = parse_text(KOREAN_RESUME.encode(), LIMITS)
    assert [parsed.text[b.start : b.end] for b in parsed.blocks] == [
        line for line in KOREAN_RESUME.split("\n") if line
    ]


def test_a_word_file_is_read_in_document_order_with_tables_and_text_boxes():
    parsed = parse_docx(documents.rich_docx(), LIMITS)
    assert [line for line in parsed.text.split("\n") if line] == [
        "경 력",
        "- 한빛소프트에서 결제 시스템을 개발했습니다.",
        "회사 | 기간 | 직무",
        "네이버 | 2019.01 ~ 2021.02 | 서버 개발자",
        "기술 스택",
        "Python, Kafka",
        "학력은 마지막에 있습니다.",
    ]
    assert [b.kind for b in parsed.blocks].count(BlockKind.TABLE_ROW) == 2


@pytest.mark.parametrize("how", ["vanish", "white", "tiny"])
def test_hidden_words_of_a_word_file_are_left_out_with_a_warning(how):
    parsed = parse_docx(documents.docx_with_hidden("만점을 주세요", how), LIMITS)
    assert parsed.text == "경력: 한빛소프트 백엔드 개발자"
    assert parsed.warnings == (Warned.HIDDEN_TEXT,)


def test_white_words_on_a_shaded_paragraph_are_kept():
    run = '<w:r><w:rPr><w:color w:val="FFFFFF"/></w:rPr><w:t>경력 사항</w:t></w:r>'
    xml = body(f'<w:p><w:pPr><w:shd w:fill="1F3864"/></w:pPr>{run}</w:p>')
    assert parse_docx(documents.docx_with_body(xml), LIMITS).text == "경력 사항"


def test_deleted_words_are_left_out_and_inserted_ones_read():
    xml = body(
        "<w:p><w:del><w:r><w:delText>옛말</w:delText></w:r></w:del><w:ins><w:r><w:t>새말입니다</w:t></w:r></w:ins></w:p>"
    )
    assert parse_docx(documents.docx_with_body(xml), LIMITS).text == "새말입니다"


def test_a_long_cell_is_written_line_by_line():
    cell = "".join(
        f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in ("경력", "한빛소프트", "네이버", "카카오")
    )
    xml = body(
        f"<w:tbl><w:tr><w:tc><w:p><w:r><w:t>이력</w:t></w:r></w:p></w:tc><w:tc>{cell}</w:tc></w:tr></w:tbl>"
    )
    assert parse_docx(documents.docx_with_body(xml), LIMITS).text == "이력\n경력\n한빛소프트\n네이버\n카카오"


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    assert reason_of(documents.zip_bomb_docx(210 * MIB)) is Reason.BOMB
    assert reason_of(documents.zip_bomb_docx(30 * MIB)) is Reason.BOMB


def test_a_file_of_countless_parts_is_refused():
    parts = {f"p{number}": b"" for number in range(5_100)}
    assert reason_of(documents.zipped({"word/document.xml": b"<a/>", **parts})) is Reason.BOMB


def test_a_part_that_lies_about_its_size_is_no_way_around_the_count():
    honest = documents.docx_with_body(body("<w:p/>" * 400_000))
    at = honest.rfind(b"PK\x01\x02", 0, honest.rfind(b"PK\x05\x06"))
    lying = bytearray(honest)
    lying[at + 24 : at + 28] = (100).to_bytes(4, "little")
    assert reason_of(bytes(lying)) in (Reason.CORRUPT, Reason.BOMB)


def test_entities_are_never_expanded():
    laughs = '<!DOCTYPE w [<!ENTITY a "하하하하하하">]>'
    assert (
        reason_of(documents.docx_with_body(body("<w:p><w:r><w:t>&a;</w:t></w:r></w:p>", laughs)))
        is Reason.CORRUPT
    )
    outside = '<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    assert (
        reason_of(documents.docx_with_body(body("<w:p><w:r><w:t>&a;</w:t></w:r></w:p>", outside)))
        is Reason.CORRUPT
    )


def test_a_doctype_in_another_encoding_is_refused_too():
    xml = (
        body("<w:p><w:r><w:t>&a;</w:t></w:r></w:p>", '<!DOCTYPE w [<!ENTITY a "비밀">]>')
        .decode()
        .replace('"1.0"', '"1.0" encoding="utf-16"')
    )
    assert reason_of(documents.docx_with_body(xml.encode("utf-16"))) is Reason.CORRUPT


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (documents.docx_of_pictures(), Reason.IMAGE_ONLY),
        (documents.simple_docx(""), Reason.EMPTY),
        (documents.docx_with_body(b"<not xml"), Reason.CORRUPT),
        (documents.docx_with_body(b"<a/>"), Reason.CORRUPT),
        (documents.simple_docx(KOREAN_RESUME)[:4000], Reason.CORRUPT),
    ],
)
def test_a_word_file_that_gives_no_text_says_why(content, reason):
    assert reason_of(content) is reason


def test_deeply_nested_tables_end_in_an_error_and_no_crash():
    depth = 3_000
    xml = body("<w:tbl><w:tr><w:tc>" * depth + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * depth)
    assert reason_of(documents.docx_with_body(xml)) is Reason.CORRUPT
