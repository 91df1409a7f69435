"""What a media server may do for an interview, and what it saw. Knows no server and no storage."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

from services.runtime.errors import FailedPrecondition, NotFound
from services.session.app import access
from services.session.app.access import Caller, Role
from services.session.app.companies import BehaviourPolicy
from services.session.app.consents import Purpose
from services.session.domain.behaviour import Sample
from services.session.domain.interview import OVER, Status
from services.session.domain.scenario import Language

HOTWORDS = 64  # terms, and characters of each


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for one interview now. `company_policy` is None where there is no company."""

    language: Language
    status: Status
    erased: bool
    practice: bool
    company_policy: BehaviourPolicy | None
    emotion: bool
    granted: frozenset[Purpose]
    skills: tuple[str, ...]
    accommodations: Mapping[str, bool | float]

    @property
    def policy(self) -> BehaviourPolicy:
        """Practice has no report that could show anything, so nothing is computed for it."""
        return BehaviourPolicy.OFF if self.practice else self.company_policy or BehaviourPolicy.OBSERVE

    @property
    def watched(self) -> bool:
        """Whether what is seen of the candidate may be kept."""
        return self.policy is not BehaviourPolicy.OFF and Purpose.VIDEO in self.granted

    @property
    def measured(self) -> bool:
        """Whether it may be kept how the candidate speaks."""
        return self.policy is not BehaviourPolicy.OFF and Purpose.AUDIO in self.granted

    @property
    def hotwords(self) -> list[str]:
        """Without repeats."""
        fitting = dict.fromkeys(skill.strip() for skill in self.skills)
        return [word for word in fitting if 0 < len(word) <= HOTWORDS][:HOTWORDS]


class Recording(Protocol):
    """One interview, kept from being erased and from changes of consent until it is left."""

    @property
    def terms(self) -> Terms: ...

    async def add(self, turn_id: UUID, batch_seq: int, samples: Sequence[Sample]) -> bool | None:
        """Whether the batch is new; None when the interview has no such turn."""


class ObservationStore(Protocol):
    async def terms(self, interview_id: UUID) -> Terms:
        """Raises NotFound."""

    def recording(self, interview_id: UUID) -> AbstractAsyncContextManager[Recording]:
        """Raises NotFound. Commands on the interview wait meanwhile, other recordings do not."""


class Observing:
    """For servers of the mesh only."""

    def __init__(self, store: ObservationStore) -> None:
        self._store = store

    async def terms(self, caller: Caller, interview_id: UUID) -> Terms:
        """Raises FailedPrecondition INTERVIEW_OVER."""
        access.require_role(caller, Role.MESH)
        terms = await self._store.terms(interview_id)
        if terms.status in OVER:
            raise _over("The interview has ended.")
        return terms

    async def record(
        self, caller: Caller, interview_id: UUID, turn_id: UUID, batch_seq: int, samples: Sequence[Sample]
    ) -> bool:
        """Whether the batch is new. Raises FailedPrecondition BEHAVIOUR_OFF or INTERVIEW_OVER."""
        access.require_role(caller, Role.MESH)
        async with self._store.recording(interview_id) as recording:
            terms = recording.terms
            if terms.erased or terms.status is Status.WITHDRAWN:
                raise _over("Consent was withdrawn, or what was said was erased.")
            if not terms.watched:
                raise _off()
            kept = samples if terms.emotion else [_without_expression(each) for each in samples]
            new = await recording.add(turn_id, batch_seq, kept)
            if new is None:
                raise NotFound("TURN_NOT_FOUND", "The interview has no such turn.")
            return new


def _without_expression(sample: Sample) -> Sample:
    return replace(sample, expression="", expression_score=0.0)


def _over(message: str) -> FailedPrecondition:
    return FailedPrecondition("INTERVIEW_OVER", message, remedy="stop listening and watching")


def _off() -> FailedPrecondition:
    return FailedPrecondition(
        "BEHAVIOUR_OFF",
        "The company's policy is off, or the candidate has not agreed to video.",
        remedy="look at GetMediaTerms and send no observations",
    )
