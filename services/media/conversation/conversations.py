"""All interviews of one process: one conversation each, kept for a while after its browser has left."""

import asyncio

from services.media.conversation.conversation import InterviewConversation, Mesh
from services.media.conversation.ports import Consent, Terms
from services.runtime.errors import FailedPrecondition

KEPT_S = 300.0


class InterviewConversations:
    """`Conversations`."""

    def __init__(self, mesh: Mesh, *, kept_s: float = KEPT_S) -> None:
        self._mesh, self._kept_s = mesh, kept_s
        self._open: dict[str, InterviewConversation] = {}
        self._keeping: set[asyncio.Task[None]] = set()

    async def open(self, interview_id: str) -> InterviewConversation:
        """The same one as long as the interview goes on.

        Raises NotFound, FailedPrecondition (the interview is over, AUDIO_CONSENT_MISSING).
        """
        terms = await self._mesh.interviews.terms(interview_id)
        _require_audio(terms)
        known = self._open.get(interview_id)
        if known is None or known.is_over:
            known = self._open[interview_id] = self._begin(interview_id, terms)
        return known

    def _begin(self, interview_id: str, terms: Terms) -> InterviewConversation:
        def ended() -> None:
            if self._open.get(interview_id) is conversation:
                del self._open[interview_id]

        conversation = InterviewConversation(interview_id, terms, self._mesh, ended)
        keeping = asyncio.create_task(self._keep(conversation))
        self._keeping.add(keeping)
        keeping.add_done_callback(self._keeping.discard)
        return conversation

    async def _keep(self, conversation: InterviewConversation) -> None:
        """Until nobody was there for long and everything said is stored."""
        alone_s, look_s = 0.0, self._kept_s / 10
        while not conversation.is_over:
            await asyncio.sleep(look_s)
            alone_s = alone_s + look_s if conversation.is_alone else 0.0
            if alone_s >= self._kept_s and not conversation.has_unstored:
                return await conversation.aclose()

    async def aclose(self) -> None:
        """Ends all of them; what is being said is stored first, as far as a moment allows."""
        for keeping in tuple(self._keeping):
            keeping.cancel()
        await asyncio.gather(*(each.aclose() for each in tuple(self._open.values())))


def _require_audio(terms: Terms) -> None:
    if Consent.AUDIO not in terms.granted:
        raise FailedPrecondition(
            "AUDIO_CONSENT_MISSING",
            "The candidate has not agreed that audio is processed.",
            remedy="answer in writing, or agree to audio in the interview's set-up",
        )
