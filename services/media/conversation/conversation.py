"""One interview with voice and video: follows its turns, hands on what its browser sends. Knows no WebRTC."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass

import structlog

from services.media.conversation.answering import Answering, Around
from services.media.conversation.captions import Captioner
from services.media.conversation.listening import State, Waits
from services.media.conversation.looking import Looker
from services.media.conversation.ports import (
    SAMPLE_RATE_HZ,
    Captions,
    Consent,
    Ending,
    Eyes,
    Hearing,
    Interviews,
    Manner,
    Phase,
    Piece,
    Recordings,
    Standing,
    Terms,
    Turn,
    Voices,
)
from services.media.conversation.recorder import Recorder
from services.media.conversation.segments import Segments
from services.media.conversation.speaking import Speaker, Voice
from services.media.conversation.tasks import Tasks
from services.media.peer import Peer
from services.runtime.errors import FailedPrecondition, NotFound, VivaError

log = structlog.get_logger()
FAREWELL_S = 3.0  # for what is being said when the process stops


@dataclass(frozen=True, slots=True)
class Mesh:
    """Everything outside of media that a conversation needs."""

    hearing: Hearing
    interviews: Interviews
    voices: Voices
    eyes: Eyes
    captions: Captions
    recordings: Recordings


class InterviewConversation:
    """`Conversation`. `ended` is called once, when the interview needs no media any more."""

    def __init__(
        self,
        interview_id: str,
        terms: Terms,
        mesh: Mesh,
        ended: Callable[[], None] = lambda: None,
        waits: Waits | None = None,
    ) -> None:
        self.interview_id, self._terms, self._mesh, self._ended = interview_id, terms, mesh, ended
        self._tasks = Tasks(interview_id)
        self._peer: Peer | None = None
        self._turn: Turn | None = None
        self._answering: Answering | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self.is_paused = self._muted = self._page_speaks = self.is_over = False
        self._listening: tuple[State, str] = (State.OK, "")
        self._speaker = Speaker(mesh.voices, terms.language, interview_id, self._tasks, self._voice_became)
        self._clock = asyncio.get_running_loop().time
        self._heard_at, self._was_away = self._clock(), True
        self._looker = Looker(mesh.eyes, mesh.interviews, interview_id, self._clock)
        self._looking: asyncio.Task[None] | None = None
        self._recorder = Recorder(mesh.recordings, interview_id)
        self._segments = Segments(
            mesh.interviews, interview_id, self._stored, lambda turn_id, _: self._lost(turn_id)
        )
        self._around = Around(
            hearing=mesh.hearing,
            interviews=mesh.interviews,
            segments=self._segments,
            captions=Captioner(mesh.captions, interview_id, self._tell),
            speaker=self._speaker,
            tasks=self._tasks,
            tell=self._tell,
            became=self._listening_became,
            keep_seen=self._looker.keep,
            waits=waits or Waits(),
        )
        self._tasks.spawn(self._segments.run())
        self._tasks.spawn(self._looker.keep_regularly())
        self._tasks.spawn(self._follow())

    @property
    def is_alone(self) -> bool:
        return self._peer is None

    @property
    def is_listening(self) -> bool:
        """An answer is awaited: what is heard now belongs to it."""
        return self._answering is not None

    @property
    def has_unstored(self) -> bool:
        """Something was said that the session has not taken yet."""
        return self._segments.waiting > 0

    # The browser

    def joined(self, peer: Peer) -> None:
        self._peer = peer
        self._muted = self._page_speaks = False
        self._tell_listening()
        self._speaker.joined(peer)
        self._look_if_allowed()
        self._record_if_allowed()

    def left(self, peer: Peer) -> None:
        if peer is not self._peer:
            return
        self._peer, self._was_away = None, True
        self._speaker.left()
        self._rest()

    def hear(self, pcm: bytes) -> None:
        if self._was_away:
            self._return()
        self._heard_at, self._was_away = self._clock(), False
        if self._answering is not None:
            if self._is_deaf:
                self._answering.skip(len(pcm) // 2)
            else:
                self._answering.hear(pcm)

    def missed(self, samples: int) -> None:
        if self._answering is not None:
            if self._is_deaf:
                self._answering.skip(samples)
            else:
                self._answering.miss(samples)

    @property
    def _is_deaf(self) -> bool:
        return self.is_paused or self._muted or self._page_speaks

    def _return(self) -> None:
        """The first sound since nobody was there."""
        self.missed(round((self._clock() - self._heard_at) * SAMPLE_RATE_HZ))
        if self._answering is not None:
            self._answering.resume()

    def see(self, jpeg: bytes, at_ms: int) -> None:
        if self._looking is not None:
            self._looker.see(jpeg)

    def told(self, message: Mapping[str, object]) -> None:
        match message:
            case {"type": "answer_done", "turn_id": str(turn_id)}:
                self._answer_done(turn_id)
            case {"type": "repeat", "turn_id": str(turn_id)}:
                if self._turn is not None and self._turn.id == turn_id:
                    self._speaker.repeat()
            case {"type": "muted", "muted": bool(muted)}:
                self._muted = muted
                self._rest_while_unheard()
            case {"type": "speaking", "speaking": bool(speaking)}:
                self._page_speaks = speaking
                self._rest_while_unheard()

    def _answer_done(self, turn_id: str) -> None:
        if self._answering is not None and self._answering.turn_id == turn_id:
            self._speaker.skip()
            self._answering.submit(Ending.BUTTON)

    def _rest_while_unheard(self) -> None:
        if self._muted or self._page_speaks:
            self._rest()

    def _rest(self) -> None:
        if self._answering is not None:
            self._answering.rest()

    # The interview

    async def _follow(self) -> None:
        try:
            async with aclosing(self._mesh.interviews.follow(self.interview_id)) as news:
                async for each in news:
                    if isinstance(each, Piece):
                        self._speaker.grow(each)
                    elif await self._stand(each):
                        return
        except VivaError as error:
            log.warning("interview.lost", interview_id=self.interview_id, reason=error.reason)
            await self._end(error.reason)

    async def _stand(self, standing: Standing) -> bool:
        """Whether it is over."""
        if standing.withdrawn:
            await self._end("INTERVIEW_WITHDRAWN")
            return True
        if standing.paused and not self.is_paused:
            self._speaker.stop()
            self._rest()
        if standing.paused is not self.is_paused:
            self.is_paused = standing.paused
            self._record_if_allowed()
        if standing.turn is not None:
            self._follow_turn(standing.turn)
        if standing.over:
            self._close_turn()
            await self._all_stored()
            await self._end("INTERVIEW_OVER")
        return standing.over

    def _follow_turn(self, turn: Turn) -> None:
        former = self._turn
        if former is not None and turn.number < former.number:
            return
        is_new = former is None or former.id != turn.id
        self._turn = turn
        if is_new or turn.phase is Phase.CLOSED:
            self._close_turn()
        if turn.phase is Phase.CLOSED:
            return
        asked = turn.phase is Phase.ANSWERING
        self._speaker.follow(turn, asked=asked)
        if asked and (is_new or former is None or former.phase is Phase.ASKING):
            self._begin(turn)

    def _begin(self, turn: Turn) -> None:
        terms = self._terms
        manner = Manner(self.interview_id, terms.language, terms.hotwords, turn.patience_ms)
        self._answering = Answering(turn, manner, self._around)
        self._heard_at = self._clock()
        self._looker.begin(turn.id, turn.answering_s)
        if turn.segments:
            self._speaker.skip()
        self._tasks.spawn(self._renew_terms())

    def _close_turn(self) -> None:
        """Nothing more is heard of the turn; what is left to do for it is done beside."""
        keep_seen, answering = self._looker.end(), self._answering
        self._answering = None
        if answering is not None:
            answering.end()
            self._speaker.skip()
            closing = self._tasks.spawn(_finish(answering, keep_seen))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def _all_stored(self) -> None:
        await asyncio.gather(*self._closing)
        await self._segments.all_stored()

    async def _renew_terms(self) -> None:
        """Consent may have changed since the turn before."""
        try:
            terms = await self._mesh.interviews.terms(self.interview_id)
        except (FailedPrecondition, NotFound) as error:
            await self._end(error.reason)
        except VivaError as error:
            log.info("terms.kept", interview_id=self.interview_id, reason=error.reason)
        else:
            self._terms = terms
            self._look_if_allowed()
            self._record_if_allowed()
            if Consent.AUDIO not in terms.granted:
                await self._end("AUDIO_CONSENT_MISSING")

    def _look_if_allowed(self) -> None:
        if self._terms.may_look and self._looking is None:
            self._looking = self._tasks.spawn(self._looker.run(self._terms))
        elif not self._terms.may_look and self._looking is not None:
            self._looking.cancel()
            self._looking = None

    def _record_if_allowed(self) -> None:
        agreed = Consent.RECORDING in self._terms.granted
        self._tasks.spawn(self._recorder.follow(self._peer, agreed=agreed, paused=self.is_paused))

    # The end

    async def _end(self, reason: str) -> None:
        """Everything stops here and now; what was not stored is dropped."""
        if self.is_over:
            return
        self.is_over = True
        self._listening_became(State.OFF, reason)
        self._speaker.stop()
        self._answering = None
        await self._tasks.aclose()
        await self._recorder.aclose()
        self._ended()

    async def aclose(self) -> None:
        """What is being said is stored first, as far as a moment allows."""
        with suppress(TimeoutError):
            self._close_turn()
            async with asyncio.timeout(FAREWELL_S):
                await self._all_stored()
        await self._end("MEDIA_STOPPED")

    # What the page is told

    def _tell(self, message: Mapping[str, object]) -> None:
        if self._peer is not None:
            self._peer.tell(message)

    def _stored(self, turn_id: str, number: int) -> None:
        self._tell({"type": "segment", "turn_id": turn_id, "segment_seq": number})

    def _lost(self, turn_id: str) -> None:
        self._tell({"type": "lost", "turn_id": turn_id})

    def _listening_became(self, state: State, reason: str) -> None:
        """One recovery is told once, whatever its attempts say; nobody is told twice why it is off."""
        known, told = self._listening
        if state is not known or (state is State.OFF and reason != told):
            self._listening = state, reason
            self._tell_listening()

    def _tell_listening(self) -> None:
        state, reason = self._listening
        self._tell({"type": "listening", "state": state, "reason": reason})

    def _voice_became(self, voice: Voice) -> None:
        self._tell({"type": "voice", "state": voice})


async def _finish(answering: Answering, keep_seen: Callable[[], Awaitable[None]]) -> None:
    await keep_seen()
    await answering.close()
