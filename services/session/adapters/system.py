"""The machine's clock and fresh ids."""

import secrets
import time
from datetime import UTC, datetime
from uuid import UUID


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def new_id() -> UUID:
    """A version 7 UUID (RFC 9562): ids made later sort later, so that indexes grow at their end."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)
