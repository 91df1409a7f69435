"""Pages of lists, newest first, by the key of the last row: a page stays right while rows are added.

Does not know what is listed.
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar
from uuid import UUID

from services.session.app import refusals

DEFAULT_SIZE, LARGEST_SIZE = 50, 200
TOKEN_LIMIT = 200  # characters
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Position:
    """The last row of the page before."""

    at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class Page:
    """What a list is asked for: at most `size` rows after `after`; None starts at the newest."""

    size: int = DEFAULT_SIZE
    after: Position | None = None

    @property
    def fetch(self) -> int:
        """One row more than is shown tells whether there is another page."""
        return self.size + 1


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row]):
    """One page. `next_token` is empty after the last."""

    rows: Sequence[Row]
    next_token: str = ""


def requested(size: int, token: str) -> Page:
    """Raises InvalidArgument naming `page.page_size` or `page.page_token`."""
    if not 0 <= size <= LARGEST_SIZE:
        raise refusals.invalid("page.page_size", f"must be 0 to {LARGEST_SIZE}, is {size}")
    after = decode(token) if token else None
    return Page(size or DEFAULT_SIZE, after)


def cut(fetched: Sequence[Row], page: Page, position: Callable[[Row], Position]) -> Listed[Row]:
    """`fetched` holds up to `page.fetch` rows in order."""
    shown = fetched[: page.size]
    more = len(fetched) > page.size
    return Listed(shown, encode(position(shown[-1])) if more else "")


def encode(position: Position) -> str:
    """An opaque token."""
    return encode_key(position.at.isoformat(), position.id.hex)


def decode(token: str) -> Position:
    """Raises InvalidArgument."""
    try:
        at, row_id = decode_key(token, 2)
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise _broken()
        return Position(moment.astimezone(UTC), UUID(hex=row_id))
    except (ValueError, OverflowError) as error:
        raise _broken() from error


def encode_key(*parts: str) -> str:
    """A token of any key; for lists whose rows have no (time, id)."""
    packed = json.dumps(parts, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode_key(token: str, parts: int) -> list[str]:
    """Raises InvalidArgument unless the token holds that many strings."""
    if len(token) > TOKEN_LIMIT:
        raise _broken()
    try:
        found = json.loads(base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise _broken() from error
    if not isinstance(found, list) or len(found) != parts or not all(isinstance(p, str) for p in found):
        raise _broken()
    return found


def _broken() -> Exception:
    return refusals.invalid("page.page_token", "is not a next_page_token of this list")
