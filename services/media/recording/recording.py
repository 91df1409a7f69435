"""The port of a recording: two voices on one clock. Knows no file."""

from typing import Protocol


class Recording(Protocol):
    """One interview's recording; it goes on over several connections, silent between them."""

    def heard(self, pcm: bytes) -> None:
        """The candidate, now: 16 kHz 16-bit little-endian mono. Never blocks or raises."""
        ...

    def said(self, pcm: bytes) -> None:
        """The interviewer, now: 48 kHz 16-bit little-endian mono. Never blocks or raises."""
        ...

    async def aclose(self) -> None:
        """Completes the file. Safe to repeat."""
        ...
