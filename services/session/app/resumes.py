"""Résumés from upload to index. Does not know file formats, vectors' makers or storage."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from services.runtime.errors import InvalidArgument, NotFound, PermissionDenied, Unavailable, VivaError
from services.session.app import access, pages, refusals
from services.session.app.access import Caller, Role
from services.session.app.pages import Listed, Page
from services.session.app.ports import Announced, Clock, NewId
from services.session.domain.resumes.documents import Document, DocumentError, DocumentParser
from services.session.domain.resumes.resume import Resume
from services.session.domain.resumes.sections import Section

LOOK_S = 0.5  # between looks at a résumé's status, for those who watch it
WATCHED_S = 600.0


class ResumeStatus(StrEnum):
    PARSED = "parsed"
    CHUNKED = "chunked"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StoredResume:
    """What is kept of a résumé beside its file and passages."""

    id: UUID
    candidate_id: UUID
    file_name: str
    size_bytes: int
    language: str
    status: ResumeStatus
    created_at: datetime
    sections: tuple[Section, ...] = ()
    skills: tuple[str, ...] = ()
    topics: dict[str, list[str]] = field(default_factory=dict)
    digest: str = ""
    warnings: tuple[str, ...] = ()
    chunks: int = 0
    failure_reason: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """One chunk of a résumé, as it is indexed."""

    position: int
    section: str
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    resume_id: UUID
    candidate_id: UUID
    section: str
    text: str
    similarity: float  # cosine, -1 to 1


class ResumeStore(Protocol):
    """Résumés with their files and passages."""

    async def add(
        self, resume: StoredResume, content: bytes, passages: Sequence[Passage], caller: str, request_id: str
    ) -> UUID:
        """Stores all of it, once per (caller, request id), with the work of indexing; the id that stands."""

    async def get(self, resume_id: UUID) -> StoredResume:
        """Raises NotFound."""

    async def list_of(
        self, candidate_id: UUID, seen_by: Sequence[UUID] | None, page: Page
    ) -> Listed[StoredResume]:
        """All of a candidate's, or those that interviews of the companies were given."""

    async def replace(self, resume: StoredResume, passages: Sequence[Passage]) -> None:
        """What was understood anew, its passages, and the work of indexing them."""

    async def delete(self, resume_id: UUID) -> None: ...

    async def seen_by_company(self, resume_id: UUID, company_ids: Sequence[UUID]) -> bool:
        """Whether an interview of one of the companies was given this résumé."""

    async def applies_to(self, candidate_id: UUID, company_ids: Sequence[UUID]) -> bool:
        """Whether the candidate took an invitation of one of the companies, or is interviewed for it."""


Understand = Callable[[str, str | None], Resume]
"""From a document's text, and the language it is said to be in."""


@dataclass(frozen=True, slots=True)
class Upload:
    request_id: str
    file_name: str
    language: str | None
    candidate_id: UUID | None
    content: bytes


class Resumes:
    """A résumé is its candidate's own; a company sees those of its interviews."""

    def __init__(
        self,
        store: ResumeStore,
        parser: DocumentParser,
        understand: Understand,
        wake: Announced,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._store = store
        self._parser = parser
        self._understand = understand
        self._wake = wake
        self._clock = clock
        self._new_id = new_id

    async def upload(self, caller: Caller, upload: Upload) -> StoredResume:
        """Nothing is kept of a file that cannot be read. Raises InvalidArgument with reason RESUME_*."""
        candidate_id = owner(caller, upload.candidate_id)
        if _scoped(caller) and not await self._store.applies_to(candidate_id, list(caller.company_ids)):
            raise NotFound("CANDIDATE_NOT_FOUND", "Your company has no such candidate.")
        try:
            parsed = await self._parser.parse(Document(upload.content, upload.file_name))
        except DocumentError as error:
            raise _refused(error) from None
        found = await asyncio.to_thread(self._understand, parsed.text, upload.language)
        resume = StoredResume(
            id=self._new_id(),
            candidate_id=candidate_id,
            file_name=upload.file_name,
            size_bytes=len(upload.content),
            language=found.language,
            status=ResumeStatus.PARSED,
            created_at=self._clock.now(),
            warnings=tuple(warning.value for warning in parsed.warnings),
        )
        stored = await self._store.add(
            understood(resume, found), upload.content, passages(found), caller.actor, upload.request_id
        )
        await self._wake()
        return await self._store.get(stored)

    async def get(self, caller: Caller, resume_id: UUID) -> StoredResume:
        access.require_signed_in(caller)
        resume = await self._store.get(resume_id)
        if not await self._may_read(caller, resume):
            raise refusals.not_found("résumé")
        return resume

    async def list_(
        self, caller: Caller, candidate_id: UUID | None, size: int, token: str
    ) -> Listed[StoredResume]:
        seen_by = list(caller.company_ids) if _scoped(caller) else None
        return await self._store.list_of(owner(caller, candidate_id), seen_by, pages.requested(size, token))

    async def update(
        self, caller: Caller, resume_id: UUID, sections: Sequence[Section], skills: Sequence[str]
    ) -> StoredResume:
        """The candidate's own words on what was understood; everything is derived from them anew."""
        resume = await self._own(caller, resume_id)
        text = "\n\n".join(f"{section.heading}\n{section.text}".strip() for section in sections)
        found = await asyncio.to_thread(self._understand, text, resume.language)
        corrected = understood(resume, found, sections=tuple(sections), skills=tuple(skills))
        await self._store.replace(corrected, passages(found))
        await self._wake()
        return await self._store.get(resume_id)

    async def delete(self, caller: Caller, resume_id: UUID) -> None:
        await self._own(caller, resume_id)
        await self._store.delete(resume_id)

    async def watch(self, caller: Caller, resume_id: UUID) -> AsyncIterator[StoredResume]:
        """The résumé now and at each change of its status, until it is ready or has failed."""
        shown: ResumeStatus | None = None
        async with asyncio.timeout(WATCHED_S):
            while shown not in (ResumeStatus.READY, ResumeStatus.FAILED):
                resume = await self.get(caller, resume_id)
                if resume.status is not shown:
                    shown = resume.status
                    yield resume
                    continue
                await asyncio.sleep(LOOK_S)

    async def _own(self, caller: Caller, resume_id: UUID) -> StoredResume:
        access.require_signed_in(caller)
        resume = await self._store.get(resume_id)
        if caller.id != resume.candidate_id and not (caller.role is Role.SERVICE and caller.unscoped):
            raise (
                PermissionDenied("NOT_YOURS", "Only its candidate changes a résumé.")
                if await self._may_read(caller, resume)
                else refusals.not_found("résumé")
            )
        return resume

    async def _may_read(self, caller: Caller, resume: StoredResume) -> bool:
        if caller.id == resume.candidate_id or caller.unscoped or caller.role is Role.ADMIN:
            return True
        return await self._store.seen_by_company(resume.id, list(caller.company_ids))


def _scoped(caller: Caller) -> bool:
    """Another backend that acts for some companies only."""
    return caller.role is Role.SERVICE and not caller.unscoped


def owner(caller: Caller, candidate_id: UUID | None) -> UUID:
    """Whose résumés are meant: the candidate's own, or the one a service or admin names."""
    if caller.role in (Role.SERVICE, Role.ADMIN):
        if candidate_id is None:
            raise InvalidArgument.of("candidate_id", "says whose résumé it is")
        return candidate_id
    access.require_role(caller, Role.CANDIDATE)
    own = access.require_person(caller)
    if candidate_id not in (None, own):
        raise PermissionDenied("NOT_YOURS", "A candidate has only their own résumés.")
    return own


def understood(
    resume: StoredResume,
    found: Resume,
    *,
    sections: tuple[Section, ...] | None = None,
    skills: tuple[str, ...] | None = None,
) -> StoredResume:
    topics = {
        kind: [topic.text for topic in getattr(found.topics, kind)]
        for kind in ("skills", "projects", "employers", "roles", "achievements")
    }
    if skills is not None:
        topics["skills"] = [skill for skill in skills if len(skill) <= 40]
    return StoredResume(
        id=resume.id,
        candidate_id=resume.candidate_id,
        file_name=resume.file_name,
        size_bytes=resume.size_bytes,
        language=resume.language,
        status=ResumeStatus.PARSED,
        created_at=resume.created_at,
        sections=found.sections if sections is None else sections,
        skills=found.skills if skills is None else skills,
        topics=topics,
        digest=found.digest,
        warnings=resume.warnings,
        chunks=len(found.chunks),
    )


def passages(found: Resume) -> list[Passage]:
    return [Passage(chunk.index, chunk.section.value, chunk.text) for chunk in found.chunks]


def _refused(error: DocumentError) -> VivaError:
    remedy = "see the text of the reason in the candidate's language"
    metadata = dict(error.detail)
    if error.retryable:
        return Unavailable(
            error.reason.value, "Files cannot be read now.", metadata=metadata, retry_after_s=5.0
        )
    message = f"The file cannot be used: {error.reason.value}."
    return InvalidArgument(error.reason.value, message, remedy=remedy, metadata=metadata)
