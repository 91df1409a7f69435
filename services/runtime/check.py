"""The `--check` of every entry: can this process serve, and if not, what mends it."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import uvloop

from services.runtime.capability import Capability, State
from services.runtime.errors import VivaError

EXIT = {State.READY: 0, State.DEGRADED: 3, State.MISSING: 3, State.BROKEN: 1}

Check = Callable[[], Awaitable[list[Capability]]]
"""What would serve, found out without serving. Raising means that the process could not start."""


def entry(serve: Callable[[], Coroutine[Any, Any, None]], check: Check) -> int:
    """Runs `--check [--json]` or the server; the exit code. 0 ready, 3 degraded, 1 broken."""
    if "--check" in sys.argv[1:]:
        return _check(check, as_json="--json" in sys.argv[1:])
    if sys.argv[1:]:
        print(f"unknown argument {sys.argv[1]!r}; known: --check [--json]", file=sys.stderr)  # noqa: T201
        return 2
    try:
        uvloop.run(serve())
    except VivaError as error:
        print(_sentence(str(error), error.remedy), file=sys.stderr)  # noqa: T201
        return 1
    return 0


async def _found(check: Check) -> list[Capability]:
    try:
        return await check()
    except VivaError as error:
        return [Capability("process", State.BROKEN, str(error), remedy=error.remedy or "viva doctor")]
    except Exception as error:
        return [Capability("process", State.BROKEN, f"{type(error).__name__}: {error}", remedy="viva doctor")]


def _check(check: Check, *, as_json: bool) -> int:
    found = asyncio.run(_found(check))
    for each in found:
        if as_json:
            fields = ("name", "state", "engine", "model", "device", "detail", "remedy")
            print(json.dumps({name: getattr(each, name) for name in fields}, ensure_ascii=False))  # noqa: T201
        else:
            print(f"{each.name}: {each.state.value}. {_sentence(each.detail, each.remedy)}")  # noqa: T201
    return max((EXIT[each.state] for each in found), key=lambda code: (code == 1, code), default=0)


def _sentence(detail: str, remedy: str) -> str:
    return f"{detail} Mend it with: {remedy}" if remedy else detail
