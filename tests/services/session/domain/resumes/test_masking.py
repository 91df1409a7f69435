"""What blind mode hides, and what it leaves alone."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.session.adapters.documents.wordlists import masking_rules
from services.session.domain.resumes.mask_rules import Kind
from services.session.domain.resumes.masking import KnownPersonalData, find_names, mask
from tests.fixtures.resumes import ENGLISH_RESUME, KOREAN_RESUME

pytestmark = pytest.mark.unit

KNOWN = KnownPersonalData(names=("김민수", "Minsu Kim"))


def masked(text: str, known: KnownPersonalData | None = None, language: str = "ko") -> str:
    return mask(text, masking_rules(), known, language).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("이름: 김민수", "이름: [이름]"),
        ("성 명 : 홍 길 동 (洪吉童)", "성 명 : [이름]"),
        ("이름 | 이서연 | 나이 | 29", "이름 | [이름] | 나이 | [나이]"),
        ("저는 김민수입니다.", "저는 [이름]입니다."),
        ("안녕하세요, 남궁민수라고 합니다.", "안녕하세요, [이름]라고 합니다."),
        ("3년차 백엔드 개발자 박서준입니다.", "3년차 백엔드 개발자 [이름]입니다."),
        ("제 이름은 이하늘이고 개발자입니다.", "제 이름은 [이름]이고 개발자입니다."),
        ("김민수 드림", "[이름] 드림"),
        ("서울대학교 컴퓨터공학과 졸업", "[학교] 컴퓨터공학과 졸업"),
        ("서울대에서 공부했습니다", "[학교]에서 공부했습니다"),
        ("한빛고등학교를 나왔습니다", "[학교]를 나왔습니다"),
        ("카이스트 석사 과정", "[학교] 석사 과정"),
        ("생년월일: 1997.03.02 (만 27세)", "생년월일: [나이]"),
        ("저는 27살이고 97년생입니다", "저는 [나이]이고 [나이]입니다"),
        ("970302-1234567", "[식별번호]"),
        ("970302-1******", "[식별번호]"),
        ("성별: 남", "성별: [성별]"),
        ("여성 개발자로서 일했습니다", "[성별] 개발자로서 일했습니다"),
        ("병역: 군필(육군 병장 만기전역)", "병역: [성별]"),
        ("군대에서 분대장을 했습니다", "[성별]에서 분대장을 했습니다"),
        ("주소: 서울특별시 강남구 테헤란로 123, 101동 202호", "주소: [지역]"),
        ("경기도 성남시 분당구 판교로 235", "[지역]"),
        ("부산 출신입니다", "[지역] 출신입니다"),
        ("대구에서 태어나 자랐습니다", "[지역]에서 태어나 자랐습니다"),
        ("010-1234-5678 / minsu@example.com", "[연락처] / [연락처]"),
        ("01012345678로 연락 주세요", "[연락처]로 연락 주세요"),
        ("공일공 일이삼사 오육칠팔입니다", "[연락처]입니다"),
        ("https://github.com/minsu 참고", "[링크] 참고"),
        ("velog.io/@minsu", "[링크]"),
        ("결혼여부: 기혼", "결혼여부: [혼인]"),
        ("육아휴직을 다녀왔습니다", "[혼인]을 다녀왔습니다"),
        ("아버지는 교사이시고", "[가족]"),
        ("부모님께서 식당을 운영하십니다", "[가족]"),
    ],
)
def test_who_someone_is_is_hidden_in_korean(text, expected):
    assert masked(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Name: Minsu Kim", "Name: [NAME]"),
        ("My name is Minsu Kim.", "My name is [NAME]."),
        ("I'm Jane Doe, a developer", "I'm [NAME], a developer"),
        ("I am 27 years old", "I am [AGE]"),
        ("Date of Birth: March 2, 1997", "Date of Birth: [AGE]"),
        ("I graduated from Seoul National University.", "I graduated from [SCHOOL]."),
        ("at the University of Tokyo", "at [SCHOOL]"),
        ("Gender: Female | Marital Status: Single", "Gender: [GENDER] | Marital Status: [MARITAL STATUS]"),
        ("I was born in Busan", "I was born in [REGION]"),
        ("call +1 415-555-0100", "call [CONTACT]"),
        ("my father is a doctor and I code", "[FAMILY]"),
        ("As a woman in tech", "As a [GENDER] in tech"),
    ],
)
def test_who_someone_is_is_hidden_in_english(text, expected):
    assert masked(text, language="en") == expected


@pytest.mark.parametrize(
    "text",
    [
        "대학교 동아리에서 회장을 맡았습니다",
        "고등학교 때부터 개발을 시작했습니다",
        "여러 대학교와 산학협력을 진행했습니다",
        "전문대학교 대상 서비스와 특성화고등학교 교육",
        "서울대회에서 수상했고 고려대상에서 제외했습니다",
        "한국대학교육협의회 시스템과 서울대학교병원 예약 앱",
        "나이스 API와 나이브 베이즈",
        "이상 없음을 확인하고 정보처리기사를 취득했습니다",
        "3세대 네트워크, 10세트, 서버 30대, 1세션",
        "찾아내는 과정에서 자녀 노드와 부모 노드를 처리했습니다",
        "결혼 정보 서비스 앱과 남성복 쇼핑몰을 만들었습니다",
        "부산 지사 프로젝트에서 서울 리전을 썼습니다",
        "name: nginx",
        "address: 127.0.0.1:8080",
        "Mobile: React Native",
        "GitHub Actions와 Node.js, ASP.NET, Vue.js",
        "버전 10.0.1.2345, 2020-2021-1234, 1.2.3-4567",
        "데이터 전역 변수와 지역 변수, 상속",
        "저는 신입생입니다. 저는 기획자입니다. 저는 주니어입니다.",
        "함수 이름은 정수입니다. 변수 이름은 문자열입니다.",
        "프로젝트 이름: 비바",
        "MIT 라이선스로 공개했습니다",
        "정규화입니다. 주요 원인은 이중화입니다.",
        "고객사의 정보를 지원하고 수정했습니다",
        "만 3년 동안 2천만 건을 처리했고 27세트를 팔았습니다",
        "회의에서 의견을 조정했고 성능을 최적화했습니다",
        "20대 고객의 이탈률을 분석했습니다",
        "강남구청 홈페이지 개편",
        "오라클 기반 시스템 이전",
    ],
)
def test_ordinary_and_technical_words_are_left_alone(text):
    assert masked(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "the university club used Python 3.11",
        "I am Senior Engineer at a bank",
        "released under the MIT License",
        "I'm Responsible for 5 services.",
        "the parent process and its children",
        "a single point of failure, married to no vendor",
        "Kubernetes from 2019 to 2021",
    ],
)
def test_ordinary_english_is_left_alone(text):
    assert masked(text, language="en") == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("팀에서 김민수가 발표했습니다", "팀에서 [이름]가 발표했습니다"),
        ("김 민수 씨", "[이름] 씨"),
        ("동료들은 민수라고 불렀고 민수는 웃었습니다", "동료들은 [이름]라고 불렀고 [이름]는 웃었습니다"),
        ("Minsu Kim wrote it, Minsu said", "[이름] wrote it, [이름] said"),
        ("한빛중을 나왔고 김민수산업과 거래했습니다", "한빛중을 나왔고 김민수산업과 거래했습니다"),
    ],
)
def test_a_known_name_is_hidden_wherever_it_stands(text, expected):
    assert masked(text, KNOWN) == expected


def test_a_given_name_that_is_a_word_is_hidden_only_with_its_surname():
    known = KnownPersonalData(names=("이지원",))
    assert (
        masked("이지원은 고객을 지원했고 지원은 빨랐습니다", known)
        == "[이름]은 고객을 지원했고 지원은 빨랐습니다"
    )


def test_known_schools_contacts_and_regions_are_hidden_too():
    known = KnownPersonalData(schools=("한빛아카데미",), contacts=("minsu_dev",), regions=("연남",))
    assert (
        masked("한빛아카데미를 나와 minsu_dev로 활동하며 연남에 삽니다", known)
        == "[학교]를 나와 [연락처]로 활동하며 [지역]에 삽니다"
    )


def test_a_whole_resume_keeps_its_work_and_loses_its_person():
    names = KnownPersonalData(names=find_names(KOREAN_RESUME, masking_rules()))
    text = masked(KOREAN_RESUME, names)
    for personal in ("김민수", "010-1234", "minsu", "1997", "27세", "강남구", "서울대"):
        assert personal not in text
    for work in (
        "한빛소프트",
        "820ms에서 140ms로",
        "Kotlin, Spring Boot, Kafka",
        "정보처리기사",
        "네이버 플랫폼개발팀",
    ):
        assert work in text


def test_a_whole_english_resume_keeps_its_work_and_loses_its_person():
    text = masked(ENGLISH_RESUME, language="en")
    for personal in ("Jane", "Doe", "415-555", "Stanford"):
        assert personal not in text
    assert "Acme Corp | Senior Software Engineer | Jan 2020 - Present" in text


def test_names_are_found_where_a_resume_gives_them():
    assert find_names(KOREAN_RESUME, masking_rules()) == ("김민수",)
    assert find_names("입사지원서\n성명: 이서연\n", masking_rules()) == ("이서연",)


def test_placeholders_speak_the_language_of_the_text_unless_told():
    assert mask("이름: 김민수", masking_rules()).text == "이름: [이름]"
    assert mask("Name: Minsu Kim", masking_rules()).text == "Name: [NAME]"


def test_masking_what_is_masked_changes_nothing():
    once = masked(KOREAN_RESUME)
    assert masked(once) == once


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [*KOREAN_RESUME.split(), "저는", "이름:", "010-1234-5678", "\n", "서울대학교", "27세", "a@b.kr"]
        ),
        max_size=40,
    )
)
def test_spans_are_ordered_apart_and_stand_for_one_placeholder_each(words):
    text = " ".join(words)
    found = mask(text, masking_rules(), KNOWN, "ko")
    rebuilt, at = "", 0
    for span in found.spans:
        assert at <= span.start < span.end <= len(text)
        rebuilt += text[at : span.start] + masking_rules().placeholders["ko"][span.kind]
        at = span.end
    assert rebuilt + text[at:] == found.text
    assert "010-1234-5678" not in found.text
    assert "a@b.kr" not in found.text


def test_spans_say_what_kind_was_hidden_and_not_the_words():
    found = mask("이름: 김민수, 27세", masking_rules())
    assert found.kinds == {Kind.NAME, Kind.AGE}
    assert "김민수" not in repr(found)


@pytest.mark.parametrize("unit", ["A-", "0-", "a@", "Ab ", "가 ", "서울시 ", "공일공 ", "www.", "이름: "])
def test_a_hostile_text_takes_no_longer_than_its_length_allows(unit):
    started = time.perf_counter()
    mask(unit * (200_000 // len(unit)), masking_rules())
    # A pattern that backtracks takes minutes here; each of these takes about a tenth of a second.
    assert time.perf_counter() - started < 5
