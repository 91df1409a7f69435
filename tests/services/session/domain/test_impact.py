"""The adverse-impact table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.session.domain.impact import impact_ratios

pytestmark = pytest.mark.unit

counts = st.integers(0, 300).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))


def test_each_group_is_compared_with_the_highest_rate():
    rows = {row.group: row for row in impact_ratios({"x": (48, 80), "y": (12, 48), "z": (24, 50)})}
    assert rows["x"].ratio == 1.0
    assert rows["y"].ratio == pytest.approx(0.25 / 0.6)
    assert (rows["x"].below_four_fifths, rows["y"].below_four_fifths) == (False, True)


def test_exactly_four_fifths_is_not_below():
    assert not impact_ratios({"x": (48, 80), "z": (24, 50)})[1].below_four_fifths


def test_a_small_group_is_marked_and_does_not_set_the_highest_rate():
    small, large = impact_ratios({"s": (2, 2), "l": (5, 10)})
    assert (small.small, large.small) == (True, False)
    assert (small.ratio, large.ratio) == (2.0, 1.0)


def test_small_groups_alone_are_still_compared():
    assert [row.ratio for row in impact_ratios({"a": (1, 2), "b": (2, 4)})] == [1.0, 1.0]


def test_nobody_and_nobody_chosen_have_no_ratio():
    empty, none = impact_ratios({"a": (0, 0), "b": (0, 9)})
    assert (empty.rate, empty.ratio) == (None, None)
    assert (none.rate, none.ratio) == (0.0, None)
    assert impact_ratios({}) == ()


@pytest.mark.parametrize("wrong", [(3, 2), (-1, 2)])
def test_impossible_counts_are_refused(wrong):
    with pytest.raises(ValueError, match="cannot be"):
        impact_ratios({"a": wrong})


@given(st.dictionaries(st.text(min_size=1, max_size=4), counts, max_size=6))
def test_ratios_of_large_groups_lie_between_none_and_one(groups):
    for row in impact_ratios(groups):
        if row.ratio is not None and not row.small:
            assert 0 <= row.ratio <= 1
            assert row.below_four_fifths == (row.ratio < 0.8 - 1e-9)
