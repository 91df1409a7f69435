import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.stt.evaluation.normalise import normalised, reading

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("네, 맞습니다!", "네 맞습니다"),
        ("  저는\t개발자\n입니다. ", "저는 개발자 입니다"),
        ("Ｐｙｔｈｏｎ을 씁니다", "python을 씁니다"),
        ("(웃음) 좋아요 [박수]", "좋아요"),
        ("o/ (70%)/(칠십 퍼센트) 정도요", "칠십 퍼센트 정도요"),
        ("30%", "삼십퍼센트"),
        ("1,234원", "천이백삼십사원"),
        ("\u1112\u1161\u11ab글", "한글"),
    ],
)
def test_texts_that_say_the_same_become_the_same(text: str, same: str) -> None:
    assert normalised(text) == same


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("0", "영"), ("10", "십"), ("11", "십일"), ("105", "백오"), ("10000", "만"), ("110000", "십일만"),
        ("100000000", "일억"), ("120000000", "일억이천만"), ("3.14", "삼점일사"), ("010", "영일영"),
        ("12345678901234567", "일이삼사오육칠팔구영일이삼사오육칠"),
    ],
)  # fmt: skip
def test_numbers_are_read_as_koreans_read_them(number: str, said: str) -> None:
    assert reading(number) == said


@given(st.text())
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)
