"""Who reads a report, and what of it. Computes nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.runtime.errors import NotFound
from services.session.app import access
from services.session.app.access import Caller, Interviewing
from services.session.app.audit import AuditEntry, AuditLog
from services.session.app.ports import InterviewStore, Summary
from services.session.app.reports import ReportStore

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

    def __init__(self, store: InterviewStore, reports: ReportStore, audit: AuditLog) -> None:
        self._store = store
        self._reports = reports
        self._audit = audit

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
        return _seen(summary, stored.version, stored.body, format_)


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
