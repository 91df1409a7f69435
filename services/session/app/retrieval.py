"""Makes résumés searchable, and finds in them what bears on a text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from services.runtime.errors import InvalidArgument
from services.session.app import access
from services.session.app.access import Caller, Hiring, Role
from services.session.app.ports import Claim, WorkQueue
from services.session.app.resumes import Hit, Passage, ResumeStatus

FOR_A_QUESTION = 3
AT_ONCE = 64  # texts per request to the embedder


@dataclass(frozen=True, slots=True)
class Vectors:
    """Unit vectors of one model; vectors of different models are never compared."""

    model: str
    rows: Sequence[Sequence[float]]


class Embedder(Protocol):
    async def passages(self, texts: Sequence[str]) -> Vectors:
        """Nobody waits."""

    async def query(self, text: str) -> Vectors:
        """Somebody waits; one row."""


class PassageStore(Protocol):
    async def unindexed(self, resume_id: UUID) -> tuple[int, list[Passage]]:
        """The résumé's revision and all its passages; (0, []) when it is gone."""

    async def put_vectors(
        self, claim: Claim, revision: int, passages: Sequence[Passage], vectors: Vectors
    ) -> bool:
        """Stores them, marks the résumé ready and the work done; False when it was changed meanwhile."""

    async def set_status(self, resume_id: UUID, status: ResumeStatus) -> None: ...

    async def nearest_of(self, resume_id: UUID, vector: Sequence[float], model: str, limit: int) -> list[str]:
        """Exact: every passage of the résumé is compared."""

    async def nearest_applicants(
        self, company_id: UUID, vector: Sequence[float], model: str, limit: int
    ) -> list[Hit]:
        """Across everybody who was interviewed for the company: by the HNSW index where they are many."""


class IndexResume:
    """Handler of indexing work."""

    def __init__(self, store: PassageStore, embedder: Embedder, queue: WorkQueue) -> None:
        self._store = store
        self._embedder = embedder
        self._queue = queue

    async def __call__(self, claim: Claim) -> None:
        revision, found = await self._store.unindexed(claim.subject_id)
        if not revision:
            await self._queue.finish(claim)
            return
        await self._store.set_status(claim.subject_id, ResumeStatus.CHUNKED)
        rows: list[Sequence[float]] = []
        model = ""
        for start in range(0, len(found), AT_ONCE):
            vectors = await self._embedder.passages([each.text for each in found[start : start + AT_ONCE]])
            rows.extend(vectors.rows)
            model = vectors.model
        if not await self._store.put_vectors(claim, revision, found, Vectors(model, rows)):
            await self._queue.postpone(claim, 0.0, "")


class Retrieval:
    """`Passages` for questions, and the recruiter's search."""

    def __init__(self, store: PassageStore, embedder: Embedder) -> None:
        self._store = store
        self._embedder = embedder

    async def relevant(self, resume_id: UUID, text: str) -> tuple[str, ...]:
        vectors = await self._embedder.query(text[:2000])
        found = await self._store.nearest_of(resume_id, vectors.rows[0], vectors.model, FOR_A_QUESTION)
        return tuple(found)

    async def search(self, caller: Caller, company_id: UUID | None, query: str, limit: int) -> list[Hit]:
        access.require_role(caller, Role.RECRUITER, Role.ADMIN, Role.SERVICE)
        if company_id is None:
            if len(caller.company_ids) != 1:
                raise InvalidArgument.of("company_id", "says whose applicants are searched")
            company_id = next(iter(caller.company_ids))
        access.require_company(caller, Hiring.READ_INTERNAL, company_id)
        vectors = await self._embedder.query(query)
        return await self._store.nearest_applicants(company_id, vectors.rows[0], vectors.model, limit)
