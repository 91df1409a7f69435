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

import re
from collections.abc import Mapping
from typing import Any

import grpc
from google.protobuf import any as any_pb
from google.protobuf import duration
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

DOMAIN = "viva"
LONGEST_PUSHBACK_S = 10.0

# A client drops trailers past 8 KiB, and with them the status. They hold the message twice, once
# percent-encoded, and the rest in base64: at most 512 * 3 + (512 + 2 * 1536) * 4 / 3 bytes.
LONGEST = 512  # bytes of one text
MOST = 1536  # bytes of all metadata, and of all violations

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
        self.reason = reason
        self.metadata = {**({"remedy": remedy} if remedy else {}), **(metadata or {})}
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


# fmt: off
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
# fmt: on


# Each is named after its status: NotFound, NOT_FOUND.
STATUS = {
    kind: grpc.StatusCode[re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).upper()]
    for kind in VivaError.__subclasses__()
}
# UNKNOWN is also what a connection that dies in mid-call looks like.
_ERROR = {code: error for error, code in STATUS.items()} | {grpc.StatusCode.UNKNOWN: Unavailable}


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
        if left < 0:
            break
        kept[name] = text
    return kept


def to_status(error: VivaError) -> status_pb2.Status:
    """`google.rpc.Status` with ErrorInfo, and BadRequest or RetryInfo where they fit; long texts are cut."""
    info = error_details_pb2.ErrorInfo(
        reason=error.reason[:64], domain=DOMAIN, metadata=_fitting(error.metadata)
    )
    status = status_pb2.Status(code=status_code(error).value[0], message=_cut(str(error)))
    status.details.append(any_pb.pack(info))
    if error.violations:
        bad = error_details_pb2.BadRequest()
        for field, text in _fitting(error.violations).items():
            bad.field_violations.add(field=field, description=text)
        status.details.append(any_pb.pack(bad))
    if error.retry_after_s is not None:
        delay = duration.from_milliseconds(int(error.retry_after_s * 1000))
        status.details.append(any_pb.pack(error_details_pb2.RetryInfo(retry_delay=delay)))
    return status


def trailers(error: VivaError) -> tuple[tuple[str, str | bytes], ...]:
    """Trailing metadata of a refused call; the pushback makes gRPC clients retry by themselves.

    A negative one forbids it (gRFC A6): nobody sits in a call until a long wait is over.
    """
    found: list[tuple[str, str | bytes]] = [("grpc-status-details-bin", to_status(error).SerializeToString())]
    if error.retry_after_s is not None:
        soon = error.retry_after_s <= LONGEST_PUSHBACK_S
        found.append(("grpc-retry-pushback-ms", str(int(error.retry_after_s * 1000)) if soon else "-1"))
    return tuple(found)


def from_rpc_error(error: grpc.RpcError) -> VivaError:
    """The error a server raised, as its client sees it; what only the transport said is named by its code."""
    call: Any = error  # every error of a client is also its call
    code, message = call.code(), call.details() or ""
    if (code, message) == LOST_STATUS:
        return Unavailable("STATUS_LOST", "The server ended the call while it was written to.")
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    again = error_details_pb2.RetryInfo()
    try:
        status = rpc_status.from_call(call)
    except (ValueError, DecodeError):  # details that are not those of this status
        status = None
    retry_after_s = None
    for detail in status.details if status else ():
        _ = detail.Unpack(info) or detail.Unpack(bad)  # each takes only its own kind
        if detail.Unpack(again):
            retry_after_s = again.retry_delay.ToMilliseconds() / 1000
    return _ERROR.get(code, Internal)(
        info.reason or code.name,
        message or code.name,
        metadata=info.metadata,
        violations={each.field: each.description for each in bad.field_violations},
        retry_after_s=retry_after_s,
    )
