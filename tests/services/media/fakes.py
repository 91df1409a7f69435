"""Both sides of services/media/peer.py for tests: they remember what happened to them."""

import asyncio
from collections.abc import Callable, Mapping

from services.media.peer import Peer
from services.media.recording.recording import Recording


class FakePeer:
    """It plays on until it is stopped or told to `finish_playing`."""

    def __init__(self) -> None:
        self.messages: list[Mapping[str, object]] = []
        self.played: list[tuple[bytes, int]] = []
        self.stops = 0
        self.playing = False
        self.recording: Recording | None = None

    def tell(self, message: Mapping[str, object]) -> None:
        self.messages.append(message)

    def play(self, pcm: bytes, rate_hz: int) -> None:
        self.played.append((pcm, rate_hz))
        self.playing = True

    def stop_playing(self) -> None:
        self.stops += 1
        self.playing = False

    def record(self, recording: Recording | None) -> None:
        self.recording = recording

    def finish_playing(self) -> None:
        self.playing = False


class FakeConversation:
    def __init__(self) -> None:
        self.peers: list[Peer] = []
        self.gone: list[Peer] = []
        self.heard = bytearray()
        self.unheard = 0
        self.seen: list[tuple[bytes, int]] = []
        self.messages: list[Mapping[str, object]] = []
        self.closed = False

    def joined(self, peer: Peer) -> None:
        self.peers.append(peer)

    def hear(self, pcm: bytes) -> None:
        self.heard += pcm

    def missed(self, samples: int) -> None:
        self.unheard += samples

    def see(self, jpeg: bytes, at_ms: int) -> None:
        self.seen.append((jpeg, at_ms))

    def told(self, message: Mapping[str, object]) -> None:
        self.messages.append(message)

    def left(self, peer: Peer) -> None:
        self.gone.append(peer)

    async def aclose(self) -> None:
        self.closed = True


class FakeConversations:
    """One conversation an interview; `refusal` is raised instead, where it is set."""

    def __init__(self, make: Callable[[], FakeConversation] = FakeConversation) -> None:
        self._make = make
        self.opened: dict[str, FakeConversation] = {}
        self.refusal: Exception | None = None

    async def open(self, interview_id: str) -> FakeConversation:
        await asyncio.sleep(0)
        if self.refusal:
            raise self.refusal
        return self.opened.setdefault(interview_id, self._make())
