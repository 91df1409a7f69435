"""Pages of lists: positions survive the round trip, and nothing a caller makes up gets further than here."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.errors import InvalidArgument
from services.session.app import pages
from services.session.app.pages import Page, Position

pytestmark = pytest.mark.unit


@given(st.datetimes(timezones=st.just(UTC)), st.uuids())
def test_a_token_gives_its_position_back(at: datetime, row_id: UUID) -> None:
    assert pages.decode(pages.encode(Position(at, row_id))) == Position(at, row_id)


@given(st.text())
def test_any_other_token_is_refused_by_name(token: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        pages.decode(token)
    assert list(caught.value.violations) == ["page.page_token"]


@given(st.lists(st.text(), max_size=3))
def test_a_token_of_other_parts_is_refused(parts: list[str]) -> None:
    with pytest.raises(InvalidArgument) as caught:
        pages.decode(pages.encode_key(*parts))
    assert list(caught.value.violations) == ["page.page_token"]


def test_a_moment_outside_the_calendar_is_refused() -> None:
    early = datetime.min.replace(tzinfo=timezone(timedelta(hours=5))).isoformat()
    with pytest.raises(InvalidArgument):
        pages.decode(pages.encode_key(early, uuid4().hex))


@pytest.mark.parametrize("size", [-1, 201, 2**31 - 1])
def test_a_page_size_outside_its_limits_is_refused_by_name(size: int) -> None:
    with pytest.raises(InvalidArgument) as caught:
        pages.requested(size, "")
    assert list(caught.value.violations) == ["page.page_size"]


def test_no_page_size_means_fifty() -> None:
    assert pages.requested(0, "") == Page(50, None)


def test_the_last_page_has_no_token() -> None:
    rows = [Position(datetime(2030, 1, day, tzinfo=UTC), uuid4()) for day in (3, 2, 1)]
    assert pages.cut(rows, Page(3), lambda row: row).next_token == ""
    assert pages.cut(rows, Page(2), lambda row: row).next_token == pages.encode(rows[1])
