"""The Range header of RFC 9110, as far as players of sound use it. Pure."""

import re

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.ASCII)


class BeyondEnd(Exception):
    """The range begins behind the end."""


def range_of(header: str, size: int) -> range | None:
    """The bytes that are asked for; None for all of them, also where the header is none that we know.

    Raises BeyondEnd.
    """
    found = _RANGE.fullmatch(header.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        first, last = max(0, size - int(found[2])), size - 1
    else:
        first, last = int(found[1]), min(int(found[2] or size), size - 1)
        if found[2] and int(found[2]) < first:
            return None
    if first >= size:
        raise BeyondEnd
    return range(first, last + 1)
