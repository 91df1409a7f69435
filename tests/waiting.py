"""For tests that look at running processes from outside."""

import time
from collections.abc import Callable


def until(look: Callable[[], bool], seconds: float, what: str) -> None:
    """Waits for something to become true; fails the test after so many seconds."""
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, f"after {seconds:g} s still not: {what}"
        time.sleep(0.02)
