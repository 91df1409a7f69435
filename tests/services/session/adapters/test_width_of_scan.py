"""Where a company's search compares everything, and how widely it scans the index otherwise."""

import pytest

from services.session.adapters.postgres.passages import NARROWEST, PASSAGES_A_RESUME, WIDEST, width_of_scan

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("everything", [-1, 0, 100, 10_000_000])
def test_few_applicants_are_all_compared_whatever_else_there_is(everything: int) -> None:
    assert width_of_scan(0, everything) is None
    assert width_of_scan(100, everything) is None


def test_a_small_share_of_very_much_is_compared_rather_than_searched_for() -> None:
    assert width_of_scan(5_000, 5_000 * PASSAGES_A_RESUME) == NARROWEST
    assert width_of_scan(1_000, 10_000_000) is None


def test_the_scan_widens_as_the_share_shrinks_and_stays_within_what_pgvector_takes() -> None:
    widths = [width_of_scan(5_000, 100_000 * times) for times in (1, 2, 8, 16, 20, 60)]
    assert widths == [200, 200, 320, 640, 800, WIDEST]


def test_a_table_that_was_never_analysed_counts_as_the_companys_own() -> None:
    assert width_of_scan(1_000, -1) == NARROWEST
