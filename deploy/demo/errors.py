"""What stops a demonstration. A finding about a finished interview is no error; see `findings`."""

from collections.abc import Mapping
from typing import Any

import grpc

from deploy.local.errors import MeshError
from services.runtime.errors import from_rpc_error


class DemoError(MeshError):
    """A file, a setting or a call that makes an interview impossible; `remedy` mends it."""


class Refused(DemoError):
    """A call that was answered with "no"."""

    def __init__(self, what: str, text: str, reason: str, remedy: str) -> None:
        super().__init__(f"{what}: {text} ({reason})", remedy or "viva status; viva logs session")
        self.reason = reason


def refused(what: str, error: grpc.aio.AioRpcError) -> Refused:
    """The error for a call that the mesh refused, with the server's own remedy where it gave one."""
    told = from_rpc_error(error)
    return Refused(what, str(told), told.reason, told.remedy)


def refused_with(what: str, problem: Mapping[str, Any]) -> Refused:
    """The same for a problem of REST."""
    reason, remedy = str(problem.get("reason", "")), str(problem.get("remedy", ""))
    return Refused(what, str(problem.get("detail", "")), reason or "no reason given", remedy)
