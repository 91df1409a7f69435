"""Every refusal as `application/problem+json` (RFC 9457). The one table from errors to HTTP status."""

import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from services.runtime import errors
from services.runtime.errors import VivaError

MEDIA_TYPE = "application/problem+json"
BUSY_S = 1.0  # when a server that is away says nothing else
STATUS: Mapping[type[VivaError], int] = {
    errors.InvalidArgument: 400,
    errors.OutOfRange: 400,
    errors.Unauthenticated: 401,
    errors.PermissionDenied: 403,
    errors.NotFound: 404,
    errors.AlreadyExists: 409,
    errors.FailedPrecondition: 409,
    errors.Aborted: 409,
    errors.ResourceExhausted: 429,
    errors.Internal: 500,
    errors.Unavailable: 503,
    errors.DeadlineExceeded: 504,
}
# The answer is not "no": the page is to come back, or an operator has to install something.
REASON_STATUS: Mapping[str, int] = {
    "BODY_TOO_LARGE": 413,
    "RESUME_TOO_LARGE": 413,
    "RANGE_BEHIND_END": 416,
    "TOO_MANY_CALLS": 503,
    "TOO_MANY_LOGINS": 503,
}
NOT_INSTALLED = ("_ENGINE_MISSING", "_MODEL_MISSING", "_PACKAGE_MISSING", "FONT_MISSING")
MISSING_S = 60.0  # a capability that has to be installed first


class Violation(BaseModel):
    field: str
    problem: str


class Problem(BaseModel):
    """What went wrong, why, and what to do about it."""

    type: str = Field("about:blank", description="always about:blank: `reason` tells problems apart")
    title: str = Field(description="the status in words")
    status: int
    reason: str = Field(description="UPPER_SNAKE and stable, such as INVALID_FIELD or TOKEN_REFUSED")
    detail: str = Field(
        description="one sentence in English for developers and logs; a page has its own words per reason"
    )
    remedy: str = Field(description="what to do about it; empty when nothing helps")
    retry_after_s: float | None = Field(description="when to come back, seconds; also in Retry-After")
    violations: list[Violation] = Field(description="the fields that are wrong")
    incident: str = Field(description="finds a mistake of ours in the log; empty otherwise")


def status_of(error: VivaError) -> int:
    if error.reason in REASON_STATUS:
        return REASON_STATUS[error.reason]
    if is_missing(error):
        return 503
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def is_missing(error: VivaError) -> bool:
    """A capability that is not installed: every service names it so."""
    return isinstance(error, errors.FailedPrecondition) and error.reason.endswith(NOT_INSTALLED)


def problem_of(error: VivaError) -> Problem:
    status = status_of(error)
    again = error.retry_after_s
    if again is None and status == 503:
        again = MISSING_S if is_missing(error) else BUSY_S
    return Problem(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        reason=error.reason,
        detail=str(error),
        remedy=error.remedy,
        retry_after_s=again,
        violations=[Violation(field=field, problem=text) for field, text in error.violations.items()],
        incident=error.metadata.get("incident", ""),
    )


def response_of(error: VivaError) -> JSONResponse:
    problem = problem_of(error)
    headers = {"Cache-Control": "no-store"}
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(problem.retry_after_s)))
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(problem.model_dump(), problem.status, headers, MEDIA_TYPE)


def unfit(found: Sequence[Any]) -> errors.InvalidArgument:
    """What FastAPI found wrong with a request, in our words; never quotes what was sent."""
    violations = {
        ".".join(map(str, each["loc"][1:])) or str(each["loc"][0]): str(each["msg"]) for each in found
    }
    names = ", ".join(list(violations)[:8])
    return errors.InvalidArgument(
        "INVALID_FIELD",
        f"{names}: not as the contract has it.",
        remedy="see /api/v1/openapi.json",
        violations=violations,
    )


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The answers of a route that refuses with these."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        each: {"description": HTTPStatus(each).phrase, "content": {MEDIA_TYPE: schema}} for each in statuses
    }


ALWAYS = documented(400, 429, 500, 503, 504)
