"""A model's digest of a résumé, in place of the extract that stands until then. Knows no storage."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from services.session.app.conversation import Mask
from services.session.app.model import ModelCall, Priority
from services.session.app.model_questions import Templates
from services.session.app.ports import Claim, WorkQueue
from services.session.app.summaries import Summariser, digest_key
from services.session.domain.prompts import render_digest_messages
from services.session.domain.scenario import Language
from services.session.domain.summary import tidy_digest

MAX_TOKENS = 700


@dataclass(frozen=True, slots=True)
class Undigested:
    """A résumé as its candidate last left it; `names` are known to be theirs."""

    revision: int
    language: Language
    text: str
    names: tuple[str, ...]


class DigestStore(Protocol):
    async def undigested(self, resume_id: UUID) -> Undigested | None:
        """None when it is gone."""

    async def put_digest(self, claim: Claim, revision: int, digest: str) -> bool:
        """Stores it and marks the work done; False when the résumé was changed meanwhile."""


class DigestResume:
    """Handler of digest work. The model sees a masked text: a company that is blind may get the digest."""

    def __init__(
        self,
        store: DigestStore,
        queue: WorkQueue,
        summariser: Summariser,
        templates: Templates,
        mask: Mask,
    ) -> None:
        self._store = store
        self._queue = queue
        self._summariser = summariser
        self._templates = templates
        self._mask = mask

    async def __call__(self, claim: Claim) -> None:
        resume = await self._store.undigested(claim.subject_id)
        if resume is None or not resume.text.strip():
            await self._queue.finish(claim)
            return
        call = self._call(claim.subject_id, resume)
        digest = await self._summariser.shortened(call, tidy_digest, claim.attempts)
        if digest is None:  # the extract serves
            await self._queue.finish(claim)
        elif not await self._store.put_digest(claim, resume.revision, digest):
            await self._queue.postpone(claim, 0.0, "")

    def _call(self, resume_id: UUID, resume: Undigested) -> ModelCall:
        template = self._templates(resume.language)
        return ModelCall(
            purpose="digest",
            template=template.name,
            messages=tuple(render_digest_messages(template, self._mask(resume.text, resume.names))),
            key=digest_key(resume_id),
            priority=Priority.BATCH,
            max_tokens=MAX_TOKENS,
            resume_id=resume_id,
        )
