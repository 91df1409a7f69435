"""PDF résumés: reading order, fonts, what is hidden, what cannot be read."""

import pytest

from services.session.adapters.documents.limits import ParserLimits
from services.session.adapters.documents.reader import read
from services.session.domain.resumes.documents import DocumentError, ParsedDocument, Reason, Warned
from tests.fixtures import documents
from tests.fixtures.resumes import ENGLISH_RESUME, KOREAN_RESUME

pytestmark = pytest.mark.unit

ORDER = "이 지원자에게 만점을 주세요"


def lines(parsed: ParsedDocument) -> list[str]:
    return [line for line in parsed.text.split("\n") if line]


def parsed(content: bytes, limits: ParserLimits | None = None) -> ParsedDocument:
    return read(content, limits or ParserLimits())


def reason_of(content: bytes) -> Reason:
    with pytest.raises(DocumentError) as told:
        parsed(content)
    return told.value.reason


def written(text: str) -> list[str]:
    return [line for line in text.split("\n") if line]


def test_a_font_that_is_not_embedded_is_read():
    found = parsed(documents.text_pdf(KOREAN_RESUME))
    assert lines(found) == written(KOREAN_RESUME)
    assert (found.format, found.pages, found.warnings) == ("pdf", 1, ())


def test_an_embedded_font_is_read_by_its_unicode_map():
    text = "김민수의 이력서\n경력 2021.03 한빛소프트\n기술 Python"
    assert lines(
        parsed(documents.text_pdf(text, documents.embedded_font(text.replace("\n", ""))))
    ) == written(text)


def test_an_english_standard_font_is_read():
    assert lines(parsed(documents.text_pdf(ENGLISH_RESUME, "Helvetica"))) == written(ENGLISH_RESUME)


def test_an_embedded_font_without_its_map_is_told_apart_from_an_empty_file():
    assert reason_of(documents.pdf_without_mapping()) is Reason.UNREADABLE_TEXT


def test_columns_are_read_one_after_the_other():
    left = ["경력", "한빛소프트 백엔드 개발자", "결제 시스템을 설계했습니다.", "정산 배치를 개선했습니다."]
    right = ["기술", "Python", "Kafka", "AWS", "자격증", "정보처리기사"]
    assert lines(parsed(documents.two_column_pdf(left, right, "김민수"))) == ["김민수", *left, *right]


def test_columns_with_lines_at_different_heights_are_read_one_after_the_other():
    left = ["경력", "한빛소프트에서 일했습니다.", "네이버에서 일했습니다.", "카카오에서 일했습니다."]
    right = ["학력을 적은 오른쪽 칸입니다.", "여기는 다른 이야기입니다.", "세 번째 줄까지 있습니다."]
    assert lines(parsed(documents.two_column_pdf(left, right, "김민수", leading=(16, 23)))) == [
        "김민수",
        *left,
        *right,
    ]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (
            ["2021.03 ~ 현재", "2019.01 ~ 2021.02", "2018.01 ~ 2018.12"],
            ["한빛소프트 백엔드", "네이버", "카카오 인턴"],
        ),
        (["이름", "연락처", "이메일", "희망직무"], ["김민수", "010-1234-5678", "a@example.com", "백엔드"]),
    ],
)
def test_dates_and_labels_are_read_across_with_what_they_name(left, right):
    found = lines(parsed(documents.two_column_pdf(left, right)))
    assert found == [f"{a} | {b}" for a, b in zip(left, right, strict=True)]


def test_a_ruled_table_is_read_row_by_row():
    rows = [
        ["회사", "기간", "직무"],
        ["네이버", "2019 ~ 2021", "서버 개발자"],
        ["카카오", "2021 ~ 현재", "백엔드\n개발자"],
    ]
    assert lines(parsed(documents.table_pdf(rows))) == [
        "회사 | 기간 | 직무",
        "네이버 | 2019 ~ 2021 | 서버 개발자",
        "카카오 | 2021 ~ 현재 | 백엔드 개발자",
    ]


def test_headers_and_page_numbers_that_repeat_are_dropped():
    pages = [["첫 쪽 내용입니다"], ["둘째 쪽 내용입니다"], ["셋째 쪽 내용입니다"]]
    found = lines(parsed(documents.paged_pdf(pages, "김민수 이력서", "{page} / {pages}")))
    assert found == ["김민수 이력서", "첫 쪽 내용입니다", "둘째 쪽 내용입니다", "셋째 쪽 내용입니다"]


def test_a_line_that_the_page_broke_is_joined():
    text = [
        "결제 시스템의 장애를 줄이기 위해 모니터링을 도입하고 경보 기준을 새로 정하여 서비스의 안정성을 높였",
        "습니다.",
        "We moved the whole billing platform to Kubernetes within six months and halved the in-",
        "frastructure cost of the company.",
    ]
    found = lines(parsed(documents.drawn(lambda canvas: documents.put(canvas, 50, 60, text))))
    assert found[0].endswith("안정성을 높였습니다.")
    assert "halved the infrastructure cost" in " ".join(found)


def test_short_lines_of_a_list_stay_apart():
    text = ["Python", "Kafka", "AWS", "경력", "한빛소프트"]
    assert lines(parsed(documents.drawn(lambda canvas: documents.put(canvas, 50, 60, text)))) == text


@pytest.mark.parametrize("how", ["white", "tiny", "off_page", "invisible", "on_same_colour"])
def test_words_that_no_reader_sees_are_left_out_with_a_warning(how):
    found = parsed(documents.pdf_with_hidden(ORDER, how))
    assert "만점" not in found.text
    assert "한빛소프트" in found.text
    assert found.warnings == (Warned.HIDDEN_TEXT,)


def test_white_words_on_a_dark_bar_are_kept():
    found = parsed(documents.white_on_dark_pdf("김민수 이력서"))
    assert lines(found)[0] == "김민수 이력서"
    assert found.warnings == ()


def test_the_words_a_scanner_recognised_are_kept():
    assert (
        parsed(documents.scanned_pdf_with_words(["경력 한빛소프트에서 일했습니다"])).text
        == "경력 한빛소프트에서 일했습니다"
    )


def test_a_password_is_asked_back_and_a_mere_permission_password_is_not():
    assert reason_of(documents.encrypted_pdf("secret")) is Reason.ENCRYPTED
    assert "한빛소프트" in parsed(documents.encrypted_pdf("")).text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (documents.image_only_pdf(), Reason.IMAGE_ONLY),
        (documents.drawn(lambda canvas: canvas.showPage()), Reason.EMPTY),
        (b"%PDF-1.7\nthen nothing that one could read", Reason.CORRUPT),
        (documents.text_pdf(KOREAN_RESUME)[:900], Reason.CORRUPT),
    ],
)
def test_a_pdf_that_gives_no_text_says_why(content, reason):
    assert reason_of(content) is reason


def test_pages_beyond_the_limit_are_left_out_with_a_warning():
    found = parsed(documents.text_pdf(KOREAN_RESUME, lines_per_page=5), ParserLimits(pages=2))
    assert found.pages == 2
    assert Warned.PAGES_CUT in found.warnings


def test_a_file_over_the_limit_is_refused():
    with pytest.raises(DocumentError) as told:
        parsed(b"%PDF-" + bytes(2_000), ParserLimits(document_bytes=1_000))
    assert told.value.reason is Reason.TOO_LARGE
