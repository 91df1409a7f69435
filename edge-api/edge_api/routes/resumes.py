"""Résumés: streamed upload, progress, corrections, search."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from google.protobuf.message import Message
from starlette.requests import ClientDisconnect
from viva.v1 import common_pb2, resume_pb2

from edge_api import problems, shapes, throttles
from edge_api.contract import rpc
from edge_api.operations import IdempotencyKey, Operation, TheCalls, Token
from services.runtime.errors import DeadlineExceeded, InvalidArgument, VivaError

PIECE = 1 << 20
LARGEST = 20 << 20
WATCH_S = 600.0  # a page that still looks by then opens the stream again

OPERATIONS = (
    Operation("GET", "/resumes", "ResumeService.ListResumes", "Résumés the caller may see, newest first"),
    Operation(
        "GET", "/resumes/{resume_id}", "ResumeService.GetResume", "One résumé and its status", result="resume"
    ),
    Operation(
        *("PUT", "/resumes/{resume_id}", "ResumeService.UpdateResume"),
        "Correct what was understood; it is indexed anew",
        needs=frozenset({"sections", "skills"}),
        result="resume",
    ),
    Operation(
        "DELETE", "/resumes/{resume_id}", "ResumeService.DeleteResume", "Delete a résumé and its vectors"
    ),
    Operation(
        *("POST", "/resume-searches", "ResumeService.SearchResumes"),
        "Passages across the candidates of a company, nearest first",
        needs=frozenset({"query"}),
        timeout_s=20.0,
    ),
)
router = APIRouter()
_RESUME = shapes.answered(resume_pb2.Resume.DESCRIPTOR)
_FILE = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_LANGUAGE = shapes.words_of(common_pb2.Language.DESCRIPTOR)


@router.post(
    "/resumes",
    operation_id="upload_resume",
    summary="Send a PDF, DOCX or text as the request's body, at most 20 MiB; answered once it is stored",
    status_code=201,
    response_model=_RESUME,
    responses=problems.ALWAYS | problems.documented(401, 403, 404, 408, 409, 413),
    openapi_extra={"requestBody": {"required": True, "content": _FILE}},
)
async def upload_resume(
    request: Request,
    calls: TheCalls,
    token: Token,
    key: IdempotencyKey,
    file_name: Annotated[str, Query(min_length=1, max_length=255, description="as the person knows it")],
    language: Annotated[_LANGUAGE | None, Query()] = None,  # type: ignore[valid-type]
    candidate_id: Annotated[UUID | None, Query(description="when a service uploads for a candidate")] = None,
) -> Response:
    settings = request.app.state.settings
    throttles.of(request).upload(request, token)
    meta = {"request_id": key, "file_name": file_name, "language": language, "candidate_id": candidate_id}
    first = resume_pb2.UploadResumeRequest()
    shapes.fill(first.meta, {name: str(value) for name, value in meta.items() if value is not None})
    received = _received(request, first)
    method = rpc("ResumeService.UploadResume")
    try:
        async with asyncio.timeout(settings.upload_s):
            answer: Any = await calls.send(method, received, token, settings.upload_s)
    except TimeoutError:
        raise DeadlineExceeded(
            "UPLOAD_SLOW", "The file did not arrive in time.", remedy="send it again"
        ) from None
    return JSONResponse(shapes.to_json(answer.resume), 201)


async def _received(request: Request, first: Message) -> AsyncIterator[Message]:
    """The file's bytes as they come; never more of them than one piece is held."""
    yield first
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > LARGEST:
                raise too_large()
            for start in range(0, len(chunk), PIECE):
                yield resume_pb2.UploadResumeRequest(data=chunk[start : start + PIECE])
    except ClientDisconnect:
        raise InvalidArgument(
            "UPLOAD_CUT", "The file did not arrive whole.", remedy="send it again"
        ) from None


def too_large() -> InvalidArgument:
    return InvalidArgument(
        "RESUME_TOO_LARGE", "The file is larger than 20 MiB.", remedy="send a smaller file"
    )


@router.get(
    "/resumes/{resume_id}/progress",
    operation_id="watch_resume",
    summary="The résumé at each step until it is ready or failed, as server-sent events",
    description="`event: resume` has a Resume as data; `event: problem` a Problem, and ends the stream.",
    response_class=StreamingResponse,
    responses=problems.ALWAYS
    | problems.documented(401, 403, 404)
    | {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def watch_resume(request: Request, calls: TheCalls, token: Token, resume_id: UUID) -> Response:
    wanted = resume_pb2.WatchResumeRequest(resume_id=str(resume_id))
    seen = calls.stream(rpc("ResumeService.WatchResume"), wanted, token, WATCH_S)
    first = await anext(seen, None)  # a refusal is an answer of its own, not an event
    return StreamingResponse(
        _events(first, seen), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


async def _events(first: Message | None, seen: AsyncIterator[Message]) -> AsyncIterator[str]:
    async with aclosing(cast(Any, seen)):
        try:
            if first is not None:
                yield _event("resume", shapes.to_json(cast(Any, first).resume))
            async for each in seen:
                yield _event("resume", shapes.to_json(cast(Any, each).resume))
        except VivaError as error:
            yield _event("problem", problems.problem_of(error).model_dump())


def _event(name: str, body: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(body, ensure_ascii=False)}\n\n"
