"""The OpenAPI document: what FastAPI finds, with the socket's messages and without what never happens."""

import json
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from edge_api.problems import MEDIA_TYPE, Problem
from edge_api.socket_messages import MODELS

TITLE, VERSION = "Viva", "1"
ABOUT = """\
Everything a page of Viva needs. Times are RFC 3339 in UTC, ids are UUIDs, enumerations lower-case words.

Log in, then send `authorization: Bearer <access_token>`. The refresh token is a cookie that only
`/api/v1/auth` gets. Mutations take an `Idempotency-Key`: made anew for each change, sent again only to
repeat it. Refusals are problems (RFC 9457); `reason` is stable. Lists take `page_size` (1 to 200) and
`page_token`.

Live: `POST /api/v1/interviews/{interview_id}/tickets`, then open
`/api/v1/interviews/{interview_id}/socket?ticket=…&after_seq=…`. Its messages are the `Socket…` schemas: a
snapshot, then stored events after `after_seq`, and passing deltas and captions. Close codes: 4400 another
origin, 4401 ticket refused, 4403 access ended, 4429 reads too slowly, 4503 the session is away, 4508 too
many sockets, 1001 the edge stops.
"""


def document(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=TITLE, version=VERSION, description=ABOUT, routes=app.routes)
    schemas = found["components"]["schemas"]
    extra = models_json_schema(
        [(each, "serialization") for each in (Problem, *MODELS)], ref_template="#/components/schemas/{model}"
    )
    schemas.update(extra[1]["$defs"])
    refusals: dict[str, Any] = {}
    for operations in found["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)  # ours are 400, as problems
            operation["responses"] = _by_name(operation["responses"], refusals)
    found["components"]["responses"] = refusals
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    found["components"]["schemas"] = dict(sorted(schemas.items()))
    return found


def _by_name(responses: dict[str, Any], refusals: dict[str, Any]) -> dict[str, Any]:
    """The same answers with each refusal named and said once in the whole document."""
    named = {}
    for status, response in responses.items():
        if MEDIA_TYPE in response.get("content", {}):
            name = f"Problem{status}"
            refusals[name], response = response, {"$ref": f"#/components/responses/{name}"}
        named[status] = response
    return named


def text(app: FastAPI) -> str:
    return json.dumps(app.openapi(), ensure_ascii=False, indent=1) + "\n"
