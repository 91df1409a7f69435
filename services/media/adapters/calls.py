"""The end of a two-way call by grpc.aio. Knows no service."""

import asyncio
from contextlib import suppress
from typing import Any

import grpc


async def end(call: Any) -> None:
    """Cancels it. Where the server has ended it, grpc.aio waits on for requests: it is told of none."""
    if not call.cancel():
        with suppress(asyncio.InvalidStateError, grpc.RpcError):
            await call.done_writing()
