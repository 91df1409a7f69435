"""What stops a demonstration. A finding about a finished interview is no error; see `findings`."""

import grpc

from deploy.local.errors import MeshError
from services.runtime.errors import from_rpc_error


class DemoError(MeshError):
    """A file, a setting or a call that makes an interview impossible; `remedy` mends it."""


def refused(what: str, error: grpc.aio.AioRpcError) -> DemoError:
    """The error for a call that the mesh refused, with the server's own remedy where it gave one."""
    told = from_rpc_error(error)
    return DemoError(f"{what}: {told} ({told.reason})", told.remedy or "viva status; viva logs session")
