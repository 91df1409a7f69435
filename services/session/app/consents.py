"""What candidates agree to, text by text and version by version. Does not know files or storage."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from services.session.app import access, checks, refusals
from services.session.app.access import Caller, Interviewing
from services.session.app.audit import AuditEntry, AuditLog
from services.session.app.ports import Clock
from services.session.app.records import Records, Requests, is_first
from services.session.domain.interview import OVER, Status
from services.session.domain.scenario import Language


class Purpose(StrEnum):
    PROCESSING = "processing"  # answers are stored and evaluated; needed to start
    AUDIO = "audio"
    VIDEO = "video"
    RECORDING = "recording"


REQUIRED = frozenset({Purpose.PROCESSING})


@dataclass(frozen=True, slots=True)
class ConsentText:
    purpose: Purpose
    title: str
    text: str

    @property
    def version(self) -> str:
        """The first 12 hex digits of the SHA-256 of title and text: another word, another version."""
        return hashlib.sha256(f"{self.title}\n{self.text}".encode()).hexdigest()[:12]

    @property
    def required(self) -> bool:
        return self.purpose in REQUIRED


@dataclass(frozen=True, slots=True)
class Choice:
    """What a candidate chose; `version` is of the text that was shown."""

    purpose: Purpose
    version: str
    granted: bool


@dataclass(frozen=True, slots=True)
class Consent:
    """`withdrawn_at` is set when something granted was taken back."""

    purpose: Purpose
    version: str
    granted: bool
    recorded_at: datetime
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ConsentingTo:
    """The facts of an interview that consent depends on."""

    candidate_id: UUID
    company_id: UUID | None
    status: Status


class ConsentStore(Protocol):
    async def interview(self, interview_id: UUID, *, lock: bool = False) -> ConsentingTo | None: ...

    async def put(self, interview_id: UUID, consents: Sequence[Consent]) -> None:
        """Adds or replaces by purpose."""

    async def of(self, interview_id: UUID) -> list[Consent]:
        """By purpose."""

    async def granted(self, interview_id: UUID) -> frozenset[Purpose]:
        """Granted and not withdrawn."""

    async def forget(self, interview_id: UUID, purpose: Purpose) -> None:
        """Erases what was measured or kept of the candidate under that consent, or asks for it."""


class Unit(Protocol):
    @property
    def consents(self) -> ConsentStore: ...
    @property
    def requests(self) -> Requests: ...
    @property
    def audit(self) -> AuditLog: ...


class Consents:
    """`texts` are those in force, by language."""

    def __init__(
        self,
        records: Records[Unit],
        texts: Mapping[Language, Sequence[ConsentText]],
        clock: Clock,
    ) -> None:
        self._records = records
        self._texts = texts
        self._clock = clock
        in_force = {(each.purpose, each.version) for some in texts.values() for each in some}
        self._in_force = frozenset(in_force)

    def in_force(self, caller: Caller, language: Language) -> Sequence[ConsentText]:
        access.require_signed_in(caller)
        return self._texts[language]

    async def record(
        self, caller: Caller, request_id: str, interview_id: UUID, choices: Sequence[Choice]
    ) -> list[Consent]:
        """All consents of the interview afterwards. Only the candidate's own interview.

        Raises FailedPrecondition: CONSENT_VERSION for a text that is not in force (in any language),
        USE_WITHDRAW for taking processing back once the interview has begun, INTERVIEW_OVER for anything but
        taking back what is not required after its end.
        """
        access.require_signed_in(caller)
        key = checks.request_id(request_id)
        self._check(choices)
        async with self._records.transaction() as unit:
            interview = await unit.consents.interview(interview_id, lock=True)
            if interview is None:
                raise refusals.not_found("interview")
            access.require_interview(
                caller, Interviewing.SPEAK_FOR_ONESELF, interview.candidate_id, interview.company_id
            )
            if await is_first(unit.requests, caller.actor, "RecordConsent", key, interview_id):
                self._check_state(interview, choices)
                await self._keep(unit, caller, interview_id, choices)
            return await unit.consents.of(interview_id)

    async def list_(self, caller: Caller, interview_id: UUID) -> list[Consent]:
        access.require_signed_in(caller)
        stores = self._records.reading.consents
        interview = await stores.interview(interview_id)
        if interview is None:
            raise refusals.not_found("interview")
        access.require_interview(
            caller, Interviewing.READ_CONSENTS, interview.candidate_id, interview.company_id
        )
        return await stores.of(interview_id)

    async def granted(self, interview_id: UUID) -> frozenset[Purpose]:
        """For other use cases: what may be done now. Checks nobody's rights."""
        return await self._records.reading.consents.granted(interview_id)

    def _check(self, choices: Sequence[Choice]) -> None:
        checks.count("choices", choices, 1, len(Purpose))
        if len({each.purpose for each in choices}) != len(choices):
            raise refusals.invalid("choices", "names a purpose twice")
        for each in choices:
            checks.shorter("choices.version", each.version, checks.NAME_LIMIT)
            if (each.purpose, each.version) not in self._in_force:
                raise refusals.consent_version(each.purpose)

    def _check_state(self, interview: ConsentingTo, choices: Sequence[Choice]) -> None:
        granted = {each.purpose for each in choices if each.granted}
        refused = {each.purpose for each in choices if not each.granted}
        if interview.status in OVER and (granted or refused & REQUIRED):
            raise refusals.interview_over()
        if interview.status is not Status.CREATED and refused & REQUIRED:
            raise refusals.use_withdraw()

    async def _keep(self, unit: Unit, caller: Caller, interview_id: UUID, choices: Sequence[Choice]) -> None:
        now = self._clock.now()
        before = {each.purpose: each for each in await unit.consents.of(interview_id)}
        made = [
            Consent(
                each.purpose,
                each.version,
                each.granted,
                now,
                None if each.granted else _taken_back_at(before.get(each.purpose), now),
            )
            for each in choices
        ]
        await unit.consents.put(interview_id, made)
        for each in made:
            if each.withdrawn_at:
                await unit.consents.forget(interview_id, each.purpose)
            answer = "granted" if each.granted else "refused"
            detail = f"{each.purpose} {each.version} {answer}"
            entry = AuditEntry(caller.actor, "consent.recorded", str(interview_id), detail)
            await unit.audit.record(entry)


def _taken_back_at(former: Consent | None, now: datetime) -> datetime | None:
    """When what is refused now was taken back: once, however often it is refused."""
    if former is None:
        return None
    return former.withdrawn_at or (now if former.granted else None)
