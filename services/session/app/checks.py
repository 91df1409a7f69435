"""Checks of single values that callers send; every refusal names the field. Knows no storage and no roles."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from services.session.app import refusals

REQUEST_ID_LIMIT = 64
EMAIL_LIMIT = 254
PASSWORD_LENGTHS = (10, 128)
NAME_LIMIT = 80
_EMAIL = re.compile(r"[^@\s\"(),:;<>\[\\\]]{1,64}@[^@\s\"(),:;<>\[\\\]]+\.[^@\s\"(),:;<>\[\\\].]{2,}")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LINE_BREAK = re.compile(r"[\t\r\n\u2028\u2029]")
Item = TypeVar("Item")


def text(field: str, value: str, *, least: int = 0, most: int, lines: bool = False) -> str:
    """The text without outer white space; `least` and `most` count characters, `lines` allows several."""
    found = value.strip()
    if _FORBIDDEN.search(found) or (not lines and _LINE_BREAK.search(found)):
        raise refusals.invalid(field, "holds a control character; send plain text")
    if not least <= len(found) <= most:
        raise refusals.invalid(field, f"must have {least} to {most} characters, has {len(found)}")
    return found


def request_id(value: str) -> str:
    """1 to 64 characters."""
    return text("request_id", value, least=1, most=REQUEST_ID_LIMIT)


def email(field: str, value: str) -> str:
    """The address in lower case."""
    found = text(field, value, least=1, most=EMAIL_LIMIT).lower()
    if not _EMAIL.fullmatch(found) or ".." in found:
        raise refusals.invalid(field, "is not an address such as name@example.org")
    return found


def password(field: str, value: str) -> str:
    """10 to 128 characters, any."""
    least, most = PASSWORD_LENGTHS
    if not least <= len(value) <= most:
        raise refusals.invalid(field, f"must have {least} to {most} characters, has {len(value)}")
    return value


def shorter(field: str, value: str, most: int) -> None:
    """For secrets that are compared, not kept: nothing but a limit in characters."""
    if len(value) > most:
        raise refusals.invalid(field, f"must have at most {most} characters, has {len(value)}")


def within(field: str, value: float, least: float, most: float) -> None:
    """Refuses numbers outside the range, and NaN."""
    if not least <= value <= most:
        raise refusals.invalid(field, f"must be {least:g} to {most:g}, is {value:g}")


def count(field: str, items: Sequence[Item] | Collection[Item], least: int, most: int) -> None:
    if not least <= len(items) <= most:
        raise refusals.invalid(field, f"must have {least} to {most} entries, has {len(items)}")


def future(field: str, at: datetime | None, now: datetime, longest: timedelta) -> datetime:
    """A moment after `now`, at most `longest` away."""
    if at is None or at <= now:
        raise refusals.invalid(field, "must lie in the future")
    if at > now + longest:
        raise refusals.invalid(field, f"must lie within {longest.days} days")
    return at
