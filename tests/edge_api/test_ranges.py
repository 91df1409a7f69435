"""Ranges of bytes, as players ask for them."""

import pytest
from edge_api.ranges import BeyondEnd, range_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("bytes=0-", range(10)),
        ("bytes=3-", range(3, 10)),
        ("bytes=3-5", range(3, 6)),
        ("bytes=3-99", range(3, 10)),
        ("bytes=-4", range(6, 10)),
        ("bytes=-99", range(10)),
        ("", None),
        ("bytes=-", None),
        ("bytes=5-3", None),
        ("bytes=0-1,4-5", None),
        ("bytes=1e3-", None),
        ("lines=0-1", None),
    ],
)
def test_one_range_is_understood_and_anything_else_means_all(header: str, wanted: range | None) -> None:
    assert range_of(header, 10) == wanted


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=0-", 0), ("bytes=-0", 10)])
def test_a_range_behind_the_end_is_told_so(header: str, size: int) -> None:
    with pytest.raises(BeyondEnd):
        range_of(header, size)
