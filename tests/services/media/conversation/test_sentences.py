import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.media.conversation.sentences import LONGEST, cut

pytestmark = pytest.mark.unit


def test_a_sentence_is_spoken_once_the_next_one_begins() -> None:
    assert cut("반갑습니다. 어떤 일을", whole=False) == (["반갑습니다."], 6)


def test_a_full_stop_at_the_end_waits_for_what_follows() -> None:
    assert cut("응답 시간을 3.", whole=False) == ([], 0)
    assert cut("응답 시간을 3.5초로 줄였나요?", whole=False) == ([], 0)


def test_the_rest_is_spoken_once_the_text_is_whole() -> None:
    assert cut("반갑습니다. 어떤 일을 하셨나요?", whole=True)[0] == ["반갑습니다.", "어떤 일을 하셨나요?"]
    assert cut("끝이 없는 말", whole=True) == (["끝이 없는 말"], 7)


def test_nothing_to_say_is_no_sentence() -> None:
    assert cut("", whole=True) == ([], 0)
    assert cut(" \n ", whole=True)[0] == []


def test_a_long_sentence_is_cut_at_a_pause() -> None:
    pieces, _ = cut("그리고 " * 200, whole=True)
    assert all(len(each) <= LONGEST and each.endswith("그리고") for each in pieces)


@given(st.text(alphabet="가나 .?!\n,x", max_size=800), st.data())
def test_however_a_text_grows_every_word_is_spoken_once_and_in_order(text: str, data: st.DataObject) -> None:
    stops = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    spoken, at = [], 0
    for stop in stops:
        said, used = cut(text[at:stop], whole=False)
        spoken, at = [*spoken, *said], at + used
    said, _ = cut(text[at:], whole=True)
    assert "".join("".join([*spoken, *said]).split()) == "".join(text.split())
