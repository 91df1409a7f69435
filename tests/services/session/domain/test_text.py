"""Folding, sentences and stems."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.session.domain.text import fold, hangul_share, script_of, sentences, similarity, stems

pytestmark = pytest.mark.unit


@given(st.text(max_size=60))
def test_folded_letters_point_back_into_the_text(text):
    folded = fold(text)
    assert len(folded.text) == len(folded.starts) == len(folded.ends)
    assert all(0 <= a < b <= len(text) for a, b in zip(folded.starts, folded.ends, strict=True))
    assert list(folded.starts) == sorted(folded.starts)


@given(st.text(alphabet="가각힣ab1 .,!한글", max_size=40))
def test_separate_jamo_fold_like_whole_syllables(text):
    assert fold(unicodedata.normalize("NFD", text)).text == fold(text).text


@given(st.text(alphabet="가나다라마 ab", min_size=4, max_size=40), st.integers(0, 30), st.integers(1, 20))
def test_a_cut_of_a_text_is_found_where_it_stands(text, start, length):
    needle = fold(text[start : start + length])
    places = fold(text).places(needle)
    assert bool(places) == bool(needle.text)
    assert all(fold(text[p.start : p.end]).text == needle.text for p in places)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("네. 알겠습니다! 왜요?", ["네.", "알겠습니다!", "왜요?"]),
        ("로그를 봤습니다 원인은 락이었어요 고쳤죠", ["로그를 봤습니다", "원인은 락이었어요", "고쳤죠"]),
        ("버전 3.5에서 고쳤습니다.", ["버전 3.5에서 고쳤습니다."]),
        ("Use it, e.g. here. Then stop.", ["Use it, e.g. here.", "Then stop."]),
        ("첫째 줄\n둘째 줄", ["첫째 줄", "둘째 줄"]),
        ("", []),
    ],
)
def test_a_text_falls_into_its_sentences(text, expected):
    assert [text[s.start : s.end] for s in sentences(text)] == expected


def test_stems_leave_particles_and_function_words_out():
    assert stems("그래서 저는 캐시를 도입했습니다") == ["캐시", "도입"]
    assert stems("I then measured the slow gateways") == ["measur", "slow", "gateway"]


def test_similarity_is_one_for_other_spacing_and_case_and_none_for_nothing():
    assert similarity("캐시 전략은?", "캐시전략은") == 1.0
    assert similarity("", "캐시") == 0.0


def test_scripts_are_told_apart():
    assert [script_of(char) for char in "가aλ系3Ａ"] == ["hangul", "latin", "greek", "foreign", "", "latin"]
    assert hangul_share("가나ab") == 0.5
    assert hangul_share("12") == 0.0
