"""One connected browser: joins what aiortc gives to a conversation. Knows no other peer."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

import structlog
from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceCandidate,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError

from services.media.engines.webrtc.channel import LABEL, Channel
from services.media.engines.webrtc.descriptions import MAX_CANDIDATES
from services.media.engines.webrtc.hearing import Hearing
from services.media.engines.webrtc.seeing import Seeing
from services.media.engines.webrtc.voice import VoiceTrack
from services.media.ice import IceServer
from services.media.peer import Conversation
from services.media.recording.recording import Recording
from services.runtime.errors import InvalidArgument
from services.runtime.requests import refuse

log = structlog.get_logger()

TICK_S = 0.1
OPUS = "audio/opus"


class WebRtcPeer:
    """A conversation hears of it once its data channel is open, and until it is lost, hung up or silent."""

    def __init__(
        self,
        conversation: Conversation,
        ice_servers: Sequence[IceServer],
        heartbeat_s: float,
        gone: Callable[["WebRtcPeer", asyncio.Task[None]], None],
    ) -> None:
        self.id = secrets.token_urlsafe(16)
        self._conversation, self._heartbeat_s, self._gone = conversation, heartbeat_s, gone
        self._clock = asyncio.get_running_loop().time
        self._channel: Channel | None = None
        self._recording: Recording | None = None
        self._voice = VoiceTrack(self._clock, self._said)
        self._hearing = Hearing(self._heard, self._lost, self._clock())
        self._seeing = Seeing(conversation.see, self._clock)
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing: asyncio.Task[None] | None = None
        self._candidates = 0
        self._begun = self._clock()
        # With one transport for all a peer takes one port of each address.
        servers = [RTCIceServer(each.url, each.username, each.credential) for each in ice_servers]
        bundled = RTCConfiguration(servers, bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        self._connection = RTCPeerConnection(bundled)

    async def answer(self, offer: RTCSessionDescription) -> str:
        """The answer with every candidate of ours; raises InvalidArgument."""
        connection = self._connection
        connection.on("track", self._on_track)
        connection.on("datachannel", self._on_channel)
        connection.on("connectionstatechange", self._on_state)
        audio = connection.addTransceiver(self._voice, "sendrecv")
        known = RTCRtpSender.getCapabilities("audio").codecs
        audio.setCodecPreferences([codec for codec in known if codec.mimeType == OPUS])
        try:
            await connection.setRemoteDescription(offer)
        except Exception as error:  # aiortc has no errors of its own for what strangers offer
            log.warning("offer.refused", error=type(error).__name__)
            raise InvalidArgument.of("offer_sdp", "cannot be answered") from None
        await connection.setLocalDescription()
        self._run(self._watch())
        answer: str = connection.localDescription.sdp
        return answer

    async def add_candidate(self, candidate: RTCIceCandidate | None) -> None:
        """Raises InvalidArgument for more than a browser can have."""
        self._candidates += 1
        if self._candidates > MAX_CANDIDATES:
            refuse("candidate", f"is one more than {MAX_CANDIDATES}")
        if candidate is not None:
            await self._connection.addIceCandidate(candidate)

    async def aclose(self) -> None:
        """Frees its ports. Safe to repeat, and from inside its own tasks."""
        await asyncio.shield(self._close_soon())

    # The port's peer

    def tell(self, message: Mapping[str, object]) -> None:
        if self._channel is not None:
            self._channel.tell(message)

    def play(self, pcm: bytes, rate_hz: int) -> None:
        self._voice.play(pcm, rate_hz)

    def stop_playing(self) -> None:
        self._voice.stop_playing()

    @property
    def playing(self) -> bool:
        return self._voice.playing

    def record(self, recording: Recording | None) -> None:
        self._recording = recording

    # What aiortc reports

    def _on_track(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio":
            self._run(self._drain(track, lambda frame: self._hearing.take(frame, self._clock())))
        else:
            self._run(self._drain(track, self._seeing.take))
            self._run(self._seeing.run())

    def _on_channel(self, channel: Any) -> None:
        if channel.label == LABEL and self._channel is None and self._closing is None:
            self._channel = Channel(channel, self._clock, self._conversation.told)
            self._conversation.joined(self)

    def _on_state(self) -> None:
        if self._connection.connectionState in ("failed", "closed"):
            self._close_soon()

    async def _drain(self, track: MediaStreamTrack, take: Callable[[Any], None]) -> None:
        """Reads to the end of the track: what nobody reads stays in memory."""
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            take(frame)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            now = self._clock()
            self._hearing.tick(now)
            alive = self._channel.last_heartbeat if self._channel else self._begun
            if now > alive + self._heartbeat_s:
                log.info("peer.silent", connected=self._channel is not None)
                self._close_soon()
                return

    def _heard(self, pcm: bytes) -> None:
        if self._channel is not None:
            self._conversation.hear(pcm)
            if self._recording is not None:
                self._recording.heard(pcm)

    def _lost(self, samples: int) -> None:
        if self._channel is not None:
            self._conversation.missed(samples)

    def _said(self, pcm: bytes) -> None:
        if self._recording is not None:
            self._recording.said(pcm)

    # Its end

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("peer.broken", exc_info=error)
            self._close_soon()

    def _close_soon(self) -> asyncio.Task[None]:
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
            self._gone(self, self._closing)
            if self._channel is not None:
                self._conversation.left(self)
        return self._closing

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self._connection.close()
