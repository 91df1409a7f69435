"""Health and reflection: open on this machine, closed to others unless a setting opens them."""

from typing import Any

import grpc
import pytest

from services.runtime.auth import MeshAuthenticator
from services.runtime.interceptor import Interceptor
from services.runtime.settings import ServiceSettings
from tests.services.runtime.echo import TOKEN, bearer

pytestmark = pytest.mark.unit

CHECK, WATCH, EMBED = (
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/Watch",
    "/viva.v1.EmbedService/Embed",
)
ELSEWHERE, HERE = "ipv4:10.1.2.3:4", "ipv4:127.0.0.1:4"


class Aborted(Exception):
    """What grpc.aio raises after a refusal."""


class Context:
    """A call from any peer, which a socket on one machine cannot be."""

    def __init__(self, peer: str, metadata: Any) -> None:
        self.peer = lambda: peer
        self.invocation_metadata = lambda: metadata
        self.time_remaining = lambda: 5.0
        self.code = lambda: None
        self.trailing_metadata = lambda: ()
        self.set_trailing_metadata = lambda _: None

    async def abort(self, code: grpc.StatusCode, *_: Any) -> None:
        raise Aborted(code.name)


class Details:
    def __init__(self, method: str) -> None:
        self.method = method


async def answered(method: str, peer: str, metadata: Any = (), **fields: Any) -> str:
    async def answer(request: Any, context: Any) -> str:
        return "answered"

    async def found(_: Any) -> Any:
        return grpc.unary_unary_rpc_method_handler(answer)

    interceptor = Interceptor(MeshAuthenticator(TOKEN), ServiceSettings(**fields), frozenset())
    handler = await interceptor.intercept_service(found, Details(method))
    assert handler is not None
    try:
        return await handler.unary_unary(b"", Context(peer, metadata))
    except Aborted as refused:
        return str(refused)


@pytest.mark.parametrize("method", [CHECK, WATCH, "/grpc.reflection.v1alpha.ServerReflection/X"])
async def test_health_and_reflection_need_the_token_from_other_machines_only(method: str) -> None:
    assert await answered(method, HERE) == "answered"
    assert await answered(method, ELSEWHERE) == "UNAUTHENTICATED"
    assert await answered(method, ELSEWHERE, bearer()) == "answered"


async def test_a_setting_opens_health_to_other_machines_and_nothing_else() -> None:
    assert await answered(CHECK, ELSEWHERE, open_health=True) == "answered"
    assert await answered(EMBED, ELSEWHERE, open_health=True) == "UNAUTHENTICATED"


async def test_a_name_that_only_begins_like_health_is_not_open() -> None:
    assert await answered("/grpc.health.v1x.Health/Check", HERE) == "UNAUTHENTICATED"
    assert await answered(EMBED, HERE) == "UNAUTHENTICATED"
