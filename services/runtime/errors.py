"""Errors that cross a process boundary; each is named after the gRPC status it becomes. Knows no service."""

import re
from collections.abc import Mapping
from typing import Any

import grpc
from google.protobuf import any as any_pb
from google.protobuf import duration
from google.protobuf.message import DecodeError
from google.rpc import status_pb2
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from grpc_status import rpc_status

LONGEST_PUSHBACK_S = 10.0
# A client drops trailers past 8 KiB, and with them the status. They hold the message twice, once
# percent-encoded, and the rest in base64: at most 512 * 3 + (512 + 2 * 1536) * 4 / 3 bytes.
LONGEST, MOST = 512, 1536  # bytes of one text; of all metadata, and of all violations
# What grpc.aio says when a server ends a call that is being written to: github.com/grpc/grpc/issues/36066
LOST_STATUS = (grpc.StatusCode.INTERNAL, "Internal error from Core")


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
        self.reason, self.retry_after_s = reason, retry_after_s
        self.metadata = {**({"remedy": remedy} if remedy else {}), **(metadata or {})}
        self.violations = dict(violations or {})

    @property
    def remedy(self) -> str:
        return self.metadata.get("remedy", "")


class InvalidArgument(VivaError):
    """The request is wrong; `violations` name the fields."""

    @classmethod
    def of(cls, field: str, problem: str) -> "InvalidArgument":
        """One wrong field, by its path in the request."""
        return cls("INVALID_FIELD", f"{field}: {problem}", violations={field: problem})


# fmt: off
class Unauthenticated(VivaError): ...     # nobody is known to be calling
class PermissionDenied(VivaError): ...    # somebody is, and may not
class NotFound(VivaError): ...            # it does not exist, or is not the caller's
class AlreadyExists(VivaError): ...       # it was made before
class FailedPrecondition(VivaError): ...  # not now; `remedy` says what to do first
class Aborted(VivaError): ...             # somebody else was faster; try again from the start
class OutOfRange(VivaError): ...          # past a limit that only shows while streaming
class ResourceExhausted(VivaError): ...   # too much at once; `retry_after_s` says when to come back
class Unavailable(VivaError): ...         # try again, here or at another replica
class DeadlineExceeded(VivaError): ...    # not in the time that was given
class Internal(VivaError): ...            # a mistake of ours; metadata `incident` finds it in the log
# fmt: on

_SNAKE = re.compile(r"(?<=[a-z])(?=[A-Z])")
STATUS = {
    kind: grpc.StatusCode[_SNAKE.sub("_", kind.__name__).upper()] for kind in VivaError.__subclasses__()
}
# UNKNOWN is also what a connection that dies in mid-call looks like.
_ERROR = {code: kind for kind, code in STATUS.items()} | {grpc.StatusCode.UNKNOWN: Unavailable}


def status_code(error: VivaError) -> grpc.StatusCode:
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def _cut(text: str) -> str:
    """What fits into a header; text that is not Unicode loses what is not."""
    data = text.encode(errors="replace")
    return data.decode() if len(data) <= LONGEST else data[: LONGEST - 3].decode(errors="ignore") + "…"


def _fitting(texts: Mapping[str, str]) -> dict[str, str]:
    kept, left = {}, MOST
    for name, text in ((_cut(name), _cut(text)) for name, text in texts.items()):
        left -= len(name.encode()) + len(text.encode()) + 8
        if left >= 0:
            kept[name] = text
    return kept


def to_status(error: VivaError) -> status_pb2.Status:
    """`google.rpc.Status` with ErrorInfo, and BadRequest or RetryInfo where they fit; long texts are cut."""
    details: list[Any] = [ErrorInfo(reason=error.reason, domain="viva", metadata=_fitting(error.metadata))]
    if named := _fitting(error.violations).items():
        fields = [BadRequest.FieldViolation(field=field, description=text) for field, text in named]
        details.append(BadRequest(field_violations=fields))
    if error.retry_after_s is not None:
        details.append(RetryInfo(retry_delay=duration.from_milliseconds(int(error.retry_after_s * 1000))))
    code, packed = status_code(error).value[0], [any_pb.pack(each) for each in details]
    return status_pb2.Status(code=code, message=_cut(str(error)), details=packed)


def trailers(error: VivaError) -> tuple[tuple[str, str | bytes], ...]:
    """Trailing metadata of a refused call; the pushback makes gRPC clients retry by themselves.

    A negative one forbids it (gRFC A6): nobody sits in a call until a long wait is over.
    """
    details, wait_s = to_status(error).SerializeToString(), error.retry_after_s
    if wait_s is None:
        return (("grpc-status-details-bin", details),)
    pushback_ms = int(wait_s * 1000) if wait_s <= LONGEST_PUSHBACK_S else -1
    return ("grpc-status-details-bin", details), ("grpc-retry-pushback-ms", str(pushback_ms))


def from_rpc_error(error: grpc.RpcError) -> VivaError:
    """The error a server raised, as its client sees it; what only the transport said is named by its code."""
    call: Any = error  # every error of a client is also its call
    code, message = call.code(), call.details() or ""
    if (code, message) == LOST_STATUS:
        return Unavailable("STATUS_LOST", "The server ended the call while it was written to.")
    try:
        status = rpc_status.from_call(call) or status_pb2.Status()
    except (ValueError, DecodeError):  # details that are not those of this status
        status = status_pb2.Status()
    info, bad, again = ErrorInfo(), BadRequest(), RetryInfo()
    for detail in status.details:
        _ = [detail.Unpack(each) for each in (info, bad, again)]  # each takes only its own kind
    told: dict[str, Any] = {"metadata": info.metadata}
    told["violations"] = {each.field: each.description for each in bad.field_violations}
    if again.HasField("retry_delay"):
        told["retry_after_s"] = again.retry_delay.ToMilliseconds() / 1000
    return _ERROR.get(code, Internal)(info.reason or code.name, message or code.name, **told)
