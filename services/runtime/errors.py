"""Errors that cross a process boundary, and the one table that maps them to gRPC statuses.

VivaError
├── InvalidArgument     the request is wrong; `violations` name the fields
├── Unauthenticated     nobody is known to be calling
├── PermissionDenied    somebody is, and may not
├── NotFound            it does not exist, or is not the caller's
├── AlreadyExists
├── FailedPrecondition  not now; `remedy` says what to do first
├── Aborted             somebody else was faster; try again from the start
├── OutOfRange          past a limit that only shows while streaming
├── ResourceExhausted   too much at once; `retry_after_s` says when to come back
├── Unavailable         try again, here or at another replica
├── DeadlineExceeded    not in the time that was given
└── Internal            a mistake of ours; metadata `incident` finds it in the log
"""

from collections.abc import Mapping
from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as PbAny
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2

DOMAIN = "viva"
DETAILS = "grpc-status-details-bin"
# A client refuses trailers past 8 KiB, and with them the error itself.
MOST_VIOLATIONS = 8
LONGEST = 300  # characters of a message


class VivaError(Exception):
    """`reason` is UPPER_SNAKE and stable; the message is for people and holds no personal data."""

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        remedy: str = "",
        metadata: Mapping[str, str] | None = None,
        violations: Mapping[str, str] | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.metadata = {**(metadata or {}), **({"remedy": remedy} if remedy else {})}
        self.violations = dict(violations or {})
        self.retry_after_s = retry_after_s

    @property
    def remedy(self) -> str:
        return self.metadata.get("remedy", "")


class InvalidArgument(VivaError):
    @classmethod
    def of(cls, field: str, problem: str) -> "InvalidArgument":
        """One wrong field, by its path in the request."""
        return cls("INVALID_FIELD", f"{field}: {problem}", violations={field: problem})


class Unauthenticated(VivaError): ...


class PermissionDenied(VivaError): ...


class NotFound(VivaError): ...


class AlreadyExists(VivaError): ...


class FailedPrecondition(VivaError): ...


class Aborted(VivaError): ...


class OutOfRange(VivaError): ...


class ResourceExhausted(VivaError): ...


class Unavailable(VivaError): ...


class DeadlineExceeded(VivaError): ...


class Internal(VivaError): ...


STATUS: Mapping[type[VivaError], grpc.StatusCode] = {
    InvalidArgument: grpc.StatusCode.INVALID_ARGUMENT,
    Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    PermissionDenied: grpc.StatusCode.PERMISSION_DENIED,
    NotFound: grpc.StatusCode.NOT_FOUND,
    AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
    FailedPrecondition: grpc.StatusCode.FAILED_PRECONDITION,
    Aborted: grpc.StatusCode.ABORTED,
    OutOfRange: grpc.StatusCode.OUT_OF_RANGE,
    ResourceExhausted: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Unavailable: grpc.StatusCode.UNAVAILABLE,
    DeadlineExceeded: grpc.StatusCode.DEADLINE_EXCEEDED,
    Internal: grpc.StatusCode.INTERNAL,
}
# UNKNOWN is also what a connection that dies in mid-call looks like.
_ERROR = {code: error for error, code in STATUS.items()} | {grpc.StatusCode.UNKNOWN: Unavailable}


def status_code(error: VivaError) -> grpc.StatusCode:
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def message_of(error: VivaError) -> str:
    """The text that crosses the wire."""
    text = str(error)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def to_status(error: VivaError) -> status_pb2.Status:
    """`google.rpc.Status` with ErrorInfo, and BadRequest or RetryInfo where they fit."""
    details: list[Any] = [
        error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata)
    ]
    if error.violations:
        violation = error_details_pb2.BadRequest.FieldViolation
        named = list(error.violations.items())[:MOST_VIOLATIONS]
        fields = [violation(field=field, description=text[:LONGEST]) for field, text in named]
        details.append(error_details_pb2.BadRequest(field_violations=fields))
    if error.retry_after_s is not None:
        delay = Duration()
        delay.FromMilliseconds(int(error.retry_after_s * 1000))
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    status = status_pb2.Status(code=status_code(error).value[0], message=message_of(error))
    for detail in details:
        status.details.add().Pack(detail)
    return status


def trailers(error: VivaError) -> tuple[tuple[str, str | bytes], ...]:
    """Trailing metadata of a refused call; the pushback makes gRPC clients retry by themselves."""
    found: list[tuple[str, str | bytes]] = [(DETAILS, to_status(error).SerializeToString())]
    if error.retry_after_s is not None:
        found.append(("grpc-retry-pushback-ms", str(int(error.retry_after_s * 1000))))
    return tuple(found)


def from_rpc_error(error: grpc.RpcError) -> VivaError:
    """The error a server raised, as its client sees it; one that gRPC made has its code's name as reason."""
    call: Any = error  # both kinds of client raise what is also the call
    info, bad, again = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(), None
    for detail in _details(call):
        if detail.Is(info.DESCRIPTOR):
            detail.Unpack(info)
        elif detail.Is(bad.DESCRIPTOR):
            detail.Unpack(bad)
        elif detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
            again = error_details_pb2.RetryInfo.FromString(detail.value)
    return _ERROR.get(call.code(), Internal)(
        info.reason or call.code().name,
        call.details() or call.code().name,
        metadata=dict(info.metadata),
        violations={each.field: each.description for each in bad.field_violations},
        retry_after_s=again.retry_delay.ToMilliseconds() / 1000 if again else None,
    )


def _details(call: Any) -> list[PbAny]:
    for key, value in call.trailing_metadata() or ():
        if key == DETAILS:
            return list(status_pb2.Status.FromString(value).details)
    return []
