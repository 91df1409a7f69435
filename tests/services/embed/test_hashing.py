"""The engine without weights: what it sees as alike, and that every process sees the same."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.embed.engine import Kind
from services.embed.engines.hashing import HashingEngine
from services.embed.engines.korean import jamo, stem, stems

pytestmark = pytest.mark.unit

ENGINES = [pytest.param(False, id="syllables"), pytest.param(True, id="jamo")]


def similarity(first: str, second: str, use_jamo: bool = False) -> float:
    engine = HashingEngine(use_jamo=use_jamo)
    a, b = engine.encode(engine.prepare([first, second], Kind.PASSAGE))
    return float(a @ b)


@pytest.mark.parametrize("use_jamo", ENGINES)
@pytest.mark.parametrize(
    ("text", "other_particles", "unrelated"),
    [
        ("결제 시스템을 개발했습니다", "결제 시스템의 개발을 했다", "주말에는 등산을 즐깁니다"),
        (
            "쿠버네티스로 서버를 운영한 경험",
            "서버 운영에 쿠버네티스를 썼습니다",
            "고객 상담 업무를 맡았습니다",
        ),
        ("팀원들과의 갈등을 해결했다", "팀원들이 갈등하면 해결하는 방법", "데이터베이스 색인을 추가했다"),
        ("Spring Boot로 API를 만들었다", "spring boot 기반의 api", "영업 목표를 초과 달성했다"),
    ],
)
def test_the_same_words_with_other_particles_are_nearer_than_other_words(
    text, other_particles, unrelated, use_jamo
):
    near, far = similarity(text, other_particles, use_jamo), similarity(text, unrelated, use_jamo)
    assert near > 0.4
    assert near > far + 0.3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("결제 시스템", "  결제\n시스템 "),
        ("한글", unicodedata.normalize("NFD", "한글")),
        ("ＡＢＣ 개발", "abc 개발"),
        ("결제, 시스템!", "결제 시스템"),
    ],
)
def test_spelling_that_means_nothing_changes_nothing(one, other):
    assert similarity(one, other) == pytest.approx(1.0, abs=1e-6)


def test_names_that_differ_by_a_sign_stay_apart():
    assert similarity("C++", "C#") < 0.9


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("시스템을", "시스템"),
        ("시스템에서는", "시스템"),
        ("개발했습니다", "개발"),
        ("개발하였습니다", "개발"),
        ("경험", "경험"),
        ("나는", "나는"),
        ("kubernetes", "kubernetes"),
    ],
)
def test_a_particle_or_an_ending_is_taken_off_a_long_enough_word(word, expected):
    assert stem(word) == expected


def test_jamo_take_syllables_apart_and_leave_the_rest():
    assert len(jamo("각a")) == 4
    assert jamo("가")[0] == jamo("각")[0]


@given(st.text(min_size=1).filter(lambda text: not text.isspace()))
def test_any_visible_text_has_a_direction(text):
    engine = HashingEngine(dimensions=64)
    (vector,) = engine.encode(engine.prepare([text], Kind.QUERY))
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)
    assert all(stems(text))


def test_every_process_gives_the_same_bytes():
    code = (
        "import hashlib;from services.embed.engine import Kind;"
        "from services.embed.engines.hashing import HashingEngine as E;e=E();"
        "print(hashlib.sha256(e.encode(e.prepare(['결제 시스템','C++'],Kind.QUERY)).tobytes()).hexdigest())"
    )
    engine = HashingEngine()
    here = engine.encode(engine.prepare(["결제 시스템", "C++"], Kind.QUERY)).tobytes()
    for seed in ("0", "12345"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == hashlib.sha256(here).hexdigest()


def test_two_thousand_short_texts_take_less_than_a_second():
    engine = HashingEngine()
    texts = [f"결제 시스템의 응답 시간을 {i}퍼센트 줄인 경험을 말씀드리겠습니다" for i in range(2000)]
    started = time.process_time()
    engine.encode(engine.prepare(texts, Kind.PASSAGE))
    assert time.process_time() - started < 1.0
