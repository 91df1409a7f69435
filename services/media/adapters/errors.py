"""What calls of the mesh raise, as the errors that conversations know. Knows no service."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import grpc

from services.runtime.errors import FailedPrecondition, Unavailable, from_rpc_error


@contextmanager
def translated() -> Iterator[None]:
    """Raises VivaError for whatever a call raises."""
    try:
        yield
    except grpc.RpcError as error:
        raise from_rpc_error(error) from None
    # What grpc.aio says of a call that ended while it was written to, without its status.
    except (asyncio.InvalidStateError, grpc.aio.UsageError) as error:
        raise Unavailable("CALL_ENDED", f"The call ended: {type(error).__name__}.") from None


def unknown(service: str) -> FailedPrecondition:
    """Of a service without an address."""
    name = service.upper()
    remedy = f"set VIVA_{name}_ADDRESSES to its host:port"
    return FailedPrecondition(f"{name}_UNKNOWN", f"Media knows no address of {service}.", remedy=remedy)
