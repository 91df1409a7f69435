"""Puts the edge together: routes, guards, what they need. Opens nothing."""

import asyncio
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from edge_api import openapi, page, problems
from edge_api.calls import Calls
from edge_api.captions import Captions
from edge_api.config import Settings
from edge_api.guards import Guards
from edge_api.operations import mount
from edge_api.routes import (
    accounts,
    admin,
    companies,
    interviews,
    media,
    recordings,
    reports,
    resumes,
    service,
    sockets,
)
from edge_api.throttles import Throttles
from edge_api.tickets import Tickets
from services.runtime.errors import InvalidArgument, NotFound, VivaError

PREFIX = "/api/v1"
NOUNS: Sequence[Any] = (accounts, resumes, interviews, companies, admin)


def create_app(settings: Settings, calls: Calls, captions: Captions) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=f"{PREFIX}/openapi.json", redirect_slashes=False)
    app.state.settings, app.state.calls, app.state.captions = settings, calls, captions
    app.state.throttles, app.state.tickets = Throttles(settings), Tickets()
    app.state.sockets, app.state.renewals = set[asyncio.Future[Any]](), dict[str, asyncio.Task[Any]]()
    app.include_router(_api(), prefix=PREFIX)
    app.include_router(service.outside)
    _answer_in_problems(app)
    app.mount("/", page.Page(settings.page))
    app.add_middleware(Guards, throttles=app.state.throttles, body_bytes=settings.body_kib << 10)
    found: dict[str, Any] = {}
    app.openapi = lambda: found or found.update(openapi.document(app)) or found  # type: ignore[method-assign]
    return app


def _api() -> APIRouter:
    api = APIRouter()
    for noun in NOUNS:
        table = APIRouter(tags=[noun.__name__.rpartition(".")[2]])
        for operation in noun.OPERATIONS:
            mount(table, operation)
        api.include_router(table)
    for module in (accounts, resumes, reports, recordings, media, service, sockets):
        api.include_router(module.router, tags=[module.__name__.rpartition(".")[2]])
    return api


def _answer_in_problems(app: FastAPI) -> None:
    @app.exception_handler(VivaError)
    async def refused(_: Request, error: Any) -> Response:
        return problems.response_of(error)

    @app.exception_handler(RequestValidationError)
    async def unfit(_: Request, error: Any) -> Response:
        return problems.response_of(problems.unfit(error.errors()))

    @app.exception_handler(HTTPException)
    async def no_route(request: Request, error: Any) -> Response:
        if error.status_code == 400:
            return problems.response_of(InvalidArgument("MALFORMED_BODY", "The body cannot be read."))
        response = problems.response_of(
            NotFound("NO_ROUTE", "There is no such route.", remedy="see /api/v1/openapi.json")
        )
        return response
