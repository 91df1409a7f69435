"""Times of what was said, in an answer whose sound has gaps."""

import pytest

from services.media.conversation.gaps import Gaps
from services.media.conversation.ports import Utterance, Word

pytestmark = pytest.mark.unit

SECOND = 16_000


def said(*starts: float) -> Utterance:
    words = tuple(Word("말", each, each + 0.5, 1.0) for each in starts)
    return Utterance("말", round(starts[0] * SECOND), round((starts[-1] + 0.5) * SECOND), words)


def test_without_gaps_everything_keeps_its_time() -> None:
    assert Gaps().placed(said(1.0, 2.0)) == said(1.0, 2.0)


def test_what_was_said_after_a_gap_is_later_by_its_length_and_what_was_said_before_is_not() -> None:
    gaps = Gaps()
    gaps.add(2 * SECOND, 3 * SECOND)
    gaps.add(4 * SECOND, SECOND)
    assert gaps.placed(said(1.0, 1.5)) == said(1.0, 1.5)
    assert gaps.placed(said(2.0, 3.0)) == said(5.0, 6.0)
    assert gaps.placed(said(4.0)) == said(8.0)


def test_many_gaps_at_one_place_are_one() -> None:
    gaps = Gaps()
    for _ in range(50):
        gaps.add(SECOND, SECOND // 50)
    assert gaps.placed(said(1.0)) == said(2.0)


def test_a_gap_in_mid_utterance_parts_its_words() -> None:
    gaps = Gaps()
    gaps.add(2 * SECOND, SECOND)
    placed = gaps.placed(said(1.0, 2.5))
    assert [each.start_s for each in placed.words] == [1.0, 3.5]
    assert (placed.start, placed.end) == (SECOND, 4 * SECOND)
