"""What is understood of whole résumés: sections, skills, digest, chunks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.session.adapters.documents.wordlists import masking_rules, resume_words
from services.session.domain.resumes.chunks import MAX_CHARS
from services.session.domain.resumes.digest import MAX_DIGEST_CHARS
from services.session.domain.resumes.lexicon import SectionKind
from services.session.domain.resumes.resume import Resume, understand
from services.session.domain.resumes.sections import heading_of, split_sections
from services.session.domain.resumes.skills import named_skills
from services.session.domain.resumes.text import close_letter_spacing, lost_share, tidy
from tests.fixtures.resumes import ENGLISH_RESUME, KOREAN_RESUME

pytestmark = pytest.mark.unit


def understood(text: str) -> Resume:
    return understand(text, resume_words(), masking_rules())


def test_a_korean_resume_is_cut_at_its_headings():
    kinds = [(section.kind.value, section.heading) for section in understood(KOREAN_RESUME).sections]
    assert kinds == [
        ("profile", ""),
        ("self_introduction", "자기소개"),
        ("experience", "경력"),
        ("projects", "프로젝트"),
        ("skills", "기술 스택"),
        ("education", "학력"),
        ("certificates", "자격증"),
    ]


def test_an_english_resume_is_cut_at_its_headings():
    kinds = [section.kind.value for section in understood(ENGLISH_RESUME).sections]
    assert kinds == ["profile", "summary", "experience", "projects", "skills", "education"]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("경 력 사 항", SectionKind.EXPERIENCE),
        ("■ 경력사항 (총 3년 2개월)", SectionKind.EXPERIENCE),
        ("## 기술 스택", SectionKind.SKILLS),
        ("[학력]", SectionKind.EDUCATION),
        ("【 수상 내역 】", SectionKind.AWARDS),
        ("3. 프로젝트 경험", SectionKind.PROJECTS),
        ("**Work Experience**", SectionKind.EXPERIENCE),
        ("E X P E R I E N C E", SectionKind.EXPERIENCE),
        ("Honors & Awards", SectionKind.AWARDS),
        ("경력 및 프로젝트", SectionKind.EXPERIENCE),
        ("1. 지원동기 및 입사 후 포부", SectionKind.SELF_INTRODUCTION),
        ("Technical Skills:", SectionKind.SKILLS),
    ],
)
def test_a_heading_is_known_however_it_is_set(line, kind):
    found = heading_of(tidy(line), resume_words().sections)
    assert found is not None
    assert found[0] is kind


@pytest.mark.parametrize(
    "line",
    [
        "Python",
        "경력 5년의 백엔드 개발자입니다.",
        "프로젝트를 진행했습니다.",
        "기술 부채를 줄였습니다",
        "한빛소프트",
        "지원동기는 성장입니다.",
    ],
)
def test_an_ordinary_line_is_no_heading(line):
    assert heading_of(line, resume_words().sections) is None


def test_a_label_within_a_project_opens_no_section():
    sections = split_sections(
        "프로젝트\n재고 시스템\n기술: Django, Kafka\n결과: 개선", resume_words().sections
    )
    assert [section.kind for section in sections] == [SectionKind.PROJECTS]


def test_a_label_outside_of_an_entry_opens_its_section():
    sections = split_sections("김민수\n기술: Python, Java\n학력 | 한국대학교", resume_words().sections)
    assert [(s.kind.value, s.text) for s in sections[1:]] == [
        ("skills", "Python, Java"),
        ("education", "한국대학교"),
    ]


def test_skills_of_the_skills_section_come_first_and_under_their_usual_names():
    skills = understood(KOREAN_RESUME).skills
    assert skills[:5] == ("Java", "Kotlin", "Python", "Spring Boot", "JPA")
    assert {"Kafka", "Redis", "Elasticsearch", "Terraform"} <= set(skills)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("파이썬으로 개발하고 쿠버네티스를 운영", {"Python", "Kubernetes"}),
        ("자바스크립트와 Node.js를 사용", {"JavaScript", "Node.js"}),
        ("C++, Go, R", {"C++", "Go", "R"}),
        ("k8s와 Postgres", {"Kubernetes", "PostgreSQL"}),
        ("GA4 기반 퍼포먼스 마케팅", {"Google Analytics", "퍼포먼스 마케팅"}),
    ],
)
def test_skills_are_known_by_their_other_names(text, expected):
    assert set(named_skills(text, resume_words().skills)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Let us go to the office and react swiftly.",
        "I will express my rust-coloured unity.",
        "자바칩 프라푸치노",
        "장고 끝에 악수",
        "한엑셀시오 호텔",
        "Javanese coffee",
    ],
)
def test_everyday_words_are_no_skills(text):
    found = set(named_skills(text, resume_words().skills))
    assert found <= {"Django"} if "장고" in text else not found


def test_labels_within_the_skills_section_open_no_other():
    skills = understood(
        "Skills\nLanguages: Python, Java\nTools: Git, A/B Testing\nEducation\nState College"
    ).skills
    assert skills == ("Python", "Java", "Git", "A/B Testing")


def test_skills_that_no_list_knows_are_taken_from_the_skills_section():
    text = "기술\n용접(상), 지게차 운전, Zig\n저는 성실하게 일했습니다."
    skills = understood(text).skills
    assert {"용접", "지게차 운전", "Zig"} <= set(skills)
    assert not any("성실" in skill for skill in skills)


def test_the_digest_keeps_lines_with_figures_and_no_contact():
    digest = understood(KOREAN_RESUME).digest
    assert len(digest) <= MAX_DIGEST_CHARS
    assert "820ms에서 140ms로" in digest
    assert "70% 절감" in digest
    assert "010-1234" not in digest
    assert "@" not in digest


def test_the_digest_of_a_long_resume_takes_results_before_chores():
    chores = "\n".join(
        f"- 주간 회의에 참석하고 회의록 {number}번을 공유하며 일상 업무를 맡아 진행하는 일"
        for number in range(60)
    )
    digest = understood(f"경력\n{chores}\n- 장애 복구 시간을 40분에서 5분으로 단축").digest
    assert "40분에서 5분으로 단축" in digest
    assert len(digest) <= MAX_DIGEST_CHARS


def test_chunks_carry_their_heading_and_lose_no_word():
    resume = understood(KOREAN_RESUME)
    words = set(" ".join(section.text for section in resume.sections).split())
    assert words <= set(" ".join(chunk.text for chunk in resume.chunks).split())
    assert [chunk.index for chunk in resume.chunks] == list(range(len(resume.chunks)))
    assert all(chunk.text.startswith(f"[{chunk.heading}]") for chunk in resume.chunks if chunk.heading)


def test_a_change_in_one_section_leaves_the_chunks_of_the_others():
    before = understood(KOREAN_RESUME).chunks
    after = understood(KOREAN_RESUME.replace("5년차", "6년차의 꼼꼼한")).chunks
    unchanged = [chunk.text for chunk in before if chunk.section is not SectionKind.SELF_INTRODUCTION]
    assert unchanged == [chunk.text for chunk in after if chunk.section is not SectionKind.SELF_INTRODUCTION]


def test_the_same_text_gives_the_same_resume():
    assert understood(KOREAN_RESUME) == understood(KOREAN_RESUME)


@pytest.mark.parametrize(("text", "language"), [(KOREAN_RESUME, "ko"), (ENGLISH_RESUME, "en"), ("", "en")])
def test_the_language_is_that_of_the_letters(text, language):
    assert understood(text).language == language


@settings(max_examples=60, deadline=None)
@given(
    st.text(
        alphabet=st.sampled_from("경력학 기술프로젝트2020.1~|-\n:,()%ABpython개선했습니다을를ms명"),
        max_size=900,
    )
)
def test_any_text_is_understood_within_the_bounds(text):
    resume = understood(text)
    assert len(resume.digest) <= MAX_DIGEST_CHARS
    assert all(len(chunk.text) <= MAX_CHARS + 50 for chunk in resume.chunks)
    topics = resume.topics
    for topic in (*topics.skills, *topics.projects, *topics.employers, *topics.roles, *topics.achievements):
        assert 2 <= len(topic.text) <= 40


def test_tidy_composes_letters_and_drops_what_no_one_sees():
    assert tidy("한글\u200b \x07경력\u202e\r\n\r\n\r\n\ufeff끝\t ") == "한글 경력\n\n끝"


def test_letters_set_apart_are_closed_only_in_whole_lines():
    assert close_letter_spacing("경 력 사 항") == "경력사항"
    assert close_letter_spacing("저 는 개발자") == "저 는 개발자"


def test_the_share_of_lost_letters_is_counted_by_letters():
    assert lost_share("(cid:12)(cid:7)ab") == 0.5
    assert lost_share("\uf0b7 경력") == 0.0
    assert lost_share("") == 0.0
