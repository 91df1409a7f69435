"""Answers by voice, over WebRTC as a browser would. What is said comes from `speech`."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from viva.v1 import consent_pb2, media_pb2

from deploy.demo.answers import Answers
from deploy.demo.errors import DemoError
from deploy.demo.microphone import Ear, Microphone
from deploy.demo.person import Person
from deploy.demo.room import Answering, Told
from deploy.demo.speech import Speech

CONNECT_S = 15.0
HEARTBEAT_S = 5.0
VOICE_BEGINS_S = 2.0  # after the question is announced; without a voice nothing begins
VOICE_ENDS_S = 120.0
# The stage's patience, stretched by an unfinished sentence, and what recognition takes.
TAKEN_S = 25.0


class Spoken:
    """A `Room` where every answer is said, and the silence after it ends the turn."""

    consents: frozenset[int] = frozenset({consent_pb2.CONSENT_PURPOSE_AUDIO})

    def __init__(self, speech: Speech) -> None:
        self._speech = speech

    @asynccontextmanager
    async def enter(self, person: Person, interview_id: str, answers: Answers) -> AsyncIterator[Answering]:
        connection = Connection()
        try:
            async with asyncio.timeout(CONNECT_S):
                await connection.open(person, interview_id)
        except TimeoutError:
            await connection.close()
            raise DemoError("No voice connection came about.", "viva logs media") from None

        async def answer(told: Told) -> None:
            await self._answer(connection, told, answers)

        try:
            yield answer
        finally:
            await connection.close()

    async def _answer(self, connection: "Connection", told: Told, answers: Answers) -> None:
        saying = await self._speech.of(told.turn.stage_id, answers(told.turn))
        told.meant = saying.text
        await connection.voice_over()
        told.first_sound_at = connection.ear.first_after(told.waiting_since)
        told.spoke_from = time.monotonic()
        await connection.microphone.say(saying.pcm)
        told.spoke_until = time.monotonic()
        await connection.taken(told.turn.id)
        told.captioned_at = connection.captioned.get(told.turn.id)


@dataclass
class Connection:
    """One candidate's connection, and what media told over its data channel."""

    microphone: Microphone = field(default_factory=Microphone)
    ear: Ear = field(default_factory=Ear)
    captioned: dict[str, float] = field(default_factory=dict)
    _submitted: set[str] = field(default_factory=set)
    _voice: str = "silent"
    _off: str = ""
    _tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._channel = self._peer.createDataChannel("viva")
        self._opened = asyncio.Event()
        self._channel.on("open", self._opened.set)
        self._channel.on("message", self._told)
        self._peer.on("track", self._heard)

    async def open(self, person: Person, interview_id: str) -> None:
        self._peer.addTrack(self.microphone)
        await self._peer.setLocalDescription(await self._peer.createOffer())
        request = media_pb2.NegotiateRequest(
            interview_id=interview_id,
            offer_sdp=self._peer.localDescription.sdp,
            request_id=uuid4().hex,
        )
        answer = await person.call("connecting by voice", "MediaService.Negotiate", request)
        await self._peer.setRemoteDescription(RTCSessionDescription(answer.answer_sdp, "answer"))
        await self._opened.wait()
        self._go(self._beat())

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._peer.close()

    async def voice_over(self) -> None:
        """Until the interviewer has spoken; at once where nothing is spoken."""
        began, spoke = time.monotonic(), False
        while time.monotonic() - began < (VOICE_ENDS_S if spoke else VOICE_BEGINS_S):
            spoke = spoke or self._voice == "speaking"
            if self._voice == "none" or (spoke and self._voice != "speaking"):
                return
            await asyncio.sleep(0.02)

    async def taken(self, turn_id: str) -> None:
        """Until media has submitted the answer. Raises DemoError when it cannot hear."""
        began = time.monotonic()
        while turn_id not in self._submitted:
            if self._off:
                raise DemoError(f"Nobody listens: {self._off}.", "viva models pull whisper-base")
            if time.monotonic() - began > TAKEN_S:
                raise DemoError(f"What was said was not taken in {TAKEN_S:.0f} s.", "viva logs media stt")
            await asyncio.sleep(0.02)

    def _told(self, text: str) -> None:
        with suppress(ValueError):
            self._understand(json.loads(text))

    def _understand(self, message: Any) -> None:
        match message:
            case {"type": "caption", "turn_id": turn_id}:
                self.captioned.setdefault(turn_id, time.monotonic())
            case {"type": "submitted", "turn_id": turn_id}:
                self._submitted.add(turn_id)
            case {"type": "voice", "state": state}:
                self._voice = state
            case {"type": "listening", "state": state}:
                self._off = str(message.get("reason") or "no reason given") if state == "off" else ""

    def _heard(self, track: Any) -> None:
        self._go(self.ear.listen(track))

    async def _beat(self) -> None:
        while True:
            self._channel.send(json.dumps({"type": "heartbeat"}))
            await asyncio.sleep(HEARTBEAT_S)

    def _go(self, work: Awaitable[None]) -> None:
        self._tasks.append(asyncio.ensure_future(work))
