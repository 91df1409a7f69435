"""Particles after Hangul, Latin words, capitals and digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.session.domain.korean import PARTICLES, Ending, ending, particle

pytestmark = pytest.mark.unit

AFTER_VOWEL = (
    "카프카 자바 데이터 API Kafka Docker React Redis Kubernetes Linux GitHub JavaScript Node.js Spark "
    "MongoDB Vue TensorFlow PyTorch Go Flutter AWS ERP CSS C++ 30% 2 4 5 9 2.5 EC2 S3 Java Airflow Azure "
    "Jira "
    "Android Next.js Service TypeScript"
).split()
AFTER_RIEUL = (
    "엑셀 SQL Excel MySQL PostgreSQL R HTML XML Google Oracle Agile Ansible Shell 1 7 8 서울 리눅스셸".split()
)
AFTER_CONSONANT = (
    "파이썬 결제시스템 Python Spring Django팀 CRM LLM VPN Slack Hadoop Git Notion Kotlin Terraform Web "
    "Copilot "
    "Facebook Prototype Pipeline Chrome C# 3 6 10 100 0 PM Elastic Photoshop ChatBot 웹"
).split()


@pytest.mark.parametrize("word", AFTER_VOWEL)
def test_words_that_end_in_a_vowel(word: str) -> None:
    assert ending(word) is Ending.VOWEL
    assert [
        particle(word, form) for form in ("은(는)", "이(가)", "을(를)", "과(와)", "(으)로", "(이)라는")
    ] == [
        "는",
        "가",
        "를",
        "와",
        "로",
        "라는",
    ]


@pytest.mark.parametrize("word", AFTER_RIEUL)
def test_words_that_end_in_rieul(word: str) -> None:
    assert ending(word) is Ending.RIEUL
    assert [particle(word, form) for form in ("은(는)", "을(를)", "(으)로", "(이)라는")] == [
        "은",
        "을",
        "로",
        "이라는",
    ]


@pytest.mark.parametrize("word", AFTER_CONSONANT)
def test_words_that_end_in_another_consonant(word: str) -> None:
    assert ending(word) is Ending.CONSONANT
    assert [particle(word, form) for form in ("이(가)", "을(를)", "과(와)", "(으)로")] == [
        "이",
        "을",
        "과",
        "으로",
    ]


def test_a_closing_quote_or_bracket_is_not_read() -> None:
    assert particle("'결제 시스템'", "을(를)") == "을"
    assert particle("카카오(주)", "은(는)") == "는"


def test_what_cannot_be_read_keeps_the_double_form() -> None:
    assert particle("漢字", "을(를)") == "을(를)"


@given(st.text(max_size=20), st.sampled_from(sorted(PARTICLES)))
def test_every_word_gets_a_particle(word: str, form: str) -> None:
    assert particle(word, form) in {form, *PARTICLES[form]}
