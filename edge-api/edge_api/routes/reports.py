"""Reports as JSON, HTML and PDF, and interviews as CSV. What a reader may see is the session's to decide."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, create_model
from viva.v1 import interview_pb2 as pb

from edge_api import problems, shapes
from edge_api.calls import Calls
from edge_api.config import Settings
from edge_api.contract import rpc
from edge_api.operations import TheCalls, Token
from edge_api.report_pdf import draw
from services.runtime.errors import DeadlineExceeded, FailedPrecondition

router = APIRouter(responses=problems.ALWAYS | problems.documented(401, 403, 404))
Version = Annotated[int, Query(ge=0, le=100_000, description="from 1; 0 takes the newest")]
MOST_ROWS = 10_000
_PENCIL = ThreadPoolExecutor(1, "pdf")
_STATUS = shapes.words_of(pb.InterviewStatus.DESCRIPTOR)
_COLUMNS = (
    *("id", "candidate_id", "company_id", "job_id", "scenario", "language", "status", "practice"),
    *("report_state", "decision", "review_requested", "created_at", "started_at", "ended_at"),
)
Report: type[BaseModel] = create_model(
    "Report", __base__=shapes.answered(pb.GetReportResponse.DESCRIPTOR), report=(dict[str, Any] | None, ...)
)


async def _report(
    request: Request, calls: Calls, token: str, interview_id: UUID, version: int, form: str
) -> Any:
    wanted = pb.GetReportRequest(
        interview_id=str(interview_id), version=version, format=pb.ReportFormat.Value(f"REPORT_FORMAT_{form}")
    )
    return await calls.unary(
        rpc("InterviewService.GetReport"), wanted, token, request.app.state.settings.call_s
    )


@router.get(
    "/interviews/{interview_id}/report",
    operation_id="get_report",
    summary="The report's state, scores and, once ready, all of it; every version from 1 can be read",
    response_model=Report,
)
async def get_report(
    request: Request, calls: TheCalls, token: Token, interview_id: UUID, version: Version = 0
) -> Response:
    answer = await _report(request, calls, token, interview_id, version, "JSON")
    return JSONResponse(
        shapes.to_json(answer) | {"report": json.loads(answer.content) if answer.content else None}
    )


@router.get(
    "/interviews/{interview_id}/report.html",
    operation_id="get_report_html",
    summary="The report as one HTML file",
    response_class=Response,
    responses=problems.documented(409) | {200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
)
async def get_report_html(
    request: Request, calls: TheCalls, token: Token, interview_id: UUID, version: Version = 0
) -> Response:
    answer = await _report(request, calls, token, interview_id, version, "HTML")
    return _file(_ready(answer), "text/html; charset=utf-8", f"viva-report-{answer.version}.html")


@router.get(
    "/interviews/{interview_id}/report.pdf",
    operation_id="get_report_pdf",
    summary="The report as PDF; 503 with the mending command while the page's typeface is not there",
    response_class=Response,
    responses=problems.documented(409)
    | {200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def get_report_pdf(
    request: Request, calls: TheCalls, token: Token, interview_id: UUID, version: Version = 0
) -> Response:
    answer = await _report(request, calls, token, interview_id, version, "JSON")
    body = await _drawn(json.loads(_ready(answer)), request.app.state.settings)
    return _file(body, "application/pdf", f"viva-report-{answer.version}.pdf")


async def _drawn(report: dict[str, Any], settings: Settings) -> bytes:
    """Drawn beside the loop, one at a time: more at once would only share the same core."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(settings.pdf_s):
            return await loop.run_in_executor(_PENCIL, draw, report, settings)
    except TimeoutError:
        remedy = "try again, or take the HTML"
        raise DeadlineExceeded("PDF_SLOW", "The PDF was not drawn in time.", remedy=remedy) from None


def _ready(answer: Any) -> bytes:
    if not answer.content:
        remedy = "ask again once report_state is ready"
        raise FailedPrecondition("REPORT_NOT_READY", "There is no report (yet).", remedy=remedy)
    content: bytes = answer.content
    return content


def _file(body: bytes, media_type: str, name: str) -> Response:
    return Response(
        body, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@router.get(
    "/interviews.csv",
    operation_id="export_interviews",
    summary="The same list as CSV, all pages, with total and coverage where a report is ready",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def export_interviews(
    request: Request,
    calls: TheCalls,
    token: Token,
    status: Annotated[_STATUS | None, Query()] = None,  # type: ignore[valid-type]
    job_id: Annotated[UUID | None, Query()] = None,
    candidate_id: Annotated[UUID | None, Query()] = None,
) -> Response:
    wanted = pb.ListInterviewsRequest()
    given = {"status": status, "job_id": job_id, "candidate_id": candidate_id}
    shapes.fill(wanted, {name: str(value) for name, value in given.items() if value is not None})
    pages = _pages(request, calls, token, wanted)
    first = await anext(pages)  # a refusal is an answer of its own
    headers = {"Content-Disposition": 'attachment; filename="viva-interviews.csv"'}
    return StreamingResponse(_lines(first, pages), media_type="text/csv; charset=utf-8", headers=headers)


async def _pages(
    request: Request, calls: Calls, token: str, wanted: pb.ListInterviewsRequest
) -> AsyncIterator[list[list[Any]]]:
    wanted.page.page_size = 200
    for _ in range(MOST_ROWS // 200):
        answer: Any = await calls.unary(
            rpc("InterviewService.ListInterviews"), wanted, token, request.app.state.settings.call_s
        )
        yield [await _row(request, calls, token, each) for each in answer.interviews]
        wanted.page.page_token = answer.next_page_token
        if not answer.next_page_token:
            return


async def _row(request: Request, calls: Calls, token: str, interview: pb.Interview) -> list[Any]:
    seen = shapes.to_json(interview)
    row = [seen[name] for name in _COLUMNS]
    if interview.report_state != pb.REPORT_STATE_READY:
        return [*row, None, None]
    report = await _report(request, calls, token, UUID(interview.id), 0, "JSON")
    return [*row, shapes.to_json(report)["total"], shapes.to_json(report)["coverage"]]


async def _lines(first: list[list[Any]], pages: AsyncIterator[list[list[Any]]]) -> AsyncIterator[str]:
    yield "\ufeff" + _csv([[*_COLUMNS, "total", "coverage"], *first])  # spreadsheets take it for UTF-8
    async for rows in pages:
        yield _csv(rows)


def _csv(rows: list[list[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([[_harmless(each) for each in row] for row in rows])
    return out.getvalue()


def _harmless(value: Any) -> Any:
    """A spreadsheet must not take a text for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else value
