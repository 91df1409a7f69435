"""Who reads a report, and what of it. Computes nothing."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.runtime.errors import NotFound
from services.session.app import access
from services.session.app.access import Caller, Interviewing
from services.session.app.audit import AuditEntry, AuditLog
from services.session.app.companies import BehaviourPolicy
from services.session.app.consents import Purpose
from services.session.app.ports import InterviewStore, Summary
from services.session.app.reports import ReportStore, policy_of
from services.session.domain.interview import Interview

Granted = Callable[[UUID], Awaitable[frozenset[Purpose]]]
"""What the candidate of an interview agrees to now."""

CONTENT_TYPES = {"json": "application/json", "html": "text/html; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class DimensionSeen:
    id: str
    title: str
    score: float | None  # None: not enough evidence
    answers: int  # that gave evidence


@dataclass(frozen=True, slots=True)
class ReportSeen:
    """A report as it is read; without content when there is none (yet)."""

    summary: Summary
    version: int = 0
    total: float | None = None
    coverage: float = 0.0
    dimensions: tuple[DimensionSeen, ...] = ()
    content: bytes = b""
    content_type: str = ""


class ReportViews:
    """Every reading is written to the audit log."""

    def __init__(
        self, store: InterviewStore, reports: ReportStore, audit: AuditLog, granted: Granted
    ) -> None:
        self._store = store
        self._reports = reports
        self._audit = audit
        self._granted = granted

    async def get(self, caller: Caller, interview_id: UUID, version: int, format_: str) -> ReportSeen:
        """`version` 0 takes the newest; `format_` is "json" or "html"."""
        summary = await self._store.summary(interview_id)
        interview = summary.interview
        access.require_interview(
            caller, Interviewing.READ_REPORT, interview.candidate_id, interview.company_id
        )
        if interview.sealed:
            return ReportSeen(summary)
        stored = await self._reports.report(interview_id, version)
        if stored is None and version:
            raise NotFound("REPORT_VERSION_NOT_FOUND", "The report has no such version.")
        if stored is None:
            return ReportSeen(summary)
        await self._audit.record(
            AuditEntry(caller.actor, "report.read", str(interview_id), f"version {stored.version}")
        )
        body = await self._shown(caller, interview, stored.body)
        return _seen(summary, stored.version, body, format_)

    async def listen(self, caller: Caller, interview_id: UUID, *, fetching: bool) -> bool:
        """Whether the candidate's consent to recording stands; only whoever may read the report is told.

        With `fetching` the sound is sent next, and the audit log says so.
        """
        interview = (await self._store.summary(interview_id)).interview
        access.require_interview(
            caller, Interviewing.READ_REPORT, interview.candidate_id, interview.company_id
        )
        agreed = not interview.sealed and Purpose.RECORDING in await self._granted(interview_id)
        if agreed and fetching:
            await self._audit.record(AuditEntry(caller.actor, "recording.heard", str(interview_id)))
        return agreed

    async def _shown(
        self, caller: Caller, interview: Interview, body: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """With what was observed, where the policy of then and that of now let the caller see it."""
        if "observed" not in body:
            return body
        observed: Mapping[str, Any] = body["observed"]
        now = policy_of(await self._reports.context(interview.id))
        own = caller.id == interview.candidate_id and now is not BehaviourPolicy.OFF
        scored = observed["policy"] == now == BehaviourPolicy.SCORED
        return observed if own or scored else body


def _seen(summary: Summary, version: int, body: Mapping[str, Any], format_: str) -> ReportSeen:
    report = body["report"]
    as_json = format_ == "json"
    content = json.dumps(report, ensure_ascii=False) if as_json else body["html"]
    dimensions = [
        DimensionSeen(each["id"], each["title"], each["score"], each["evidenced"])
        for each in report["dimensions"]
        if each["cells"]
    ]
    return ReportSeen(
        summary,
        version,
        report["total"],
        report["coverage"],
        tuple(dimensions),
        content.encode(),
        CONTENT_TYPES[format_],
    )
