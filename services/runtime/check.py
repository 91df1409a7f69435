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
FIELDS = ("name", "state", "engine", "model", "device", "detail", "remedy")

Check = Callable[[], Awaitable[list[Capability]]]
"""What would serve, found out without serving. Raising means that the process could not start."""


def entry(
    serve: Callable[[], Coroutine[Any, Any, None]],
    check: Check,
    new_loop: Callable[[], uvloop.Loop] = uvloop.new_event_loop,
) -> int:
    """Runs `--check [--json]` or the server; the exit code. 0 ready, 3 degraded, 1 broken."""
    arguments = sys.argv[1:]
    if "--check" in arguments:
        found = asyncio.run(_found(check))
        print(*(_line(each, as_json="--json" in arguments) for each in found), sep="\n")  # noqa: T201
        return max((EXIT[each.state] for each in found), key=(0, 3, 1).index, default=0)
    if arguments:
        print(f"unknown argument {arguments[0]!r}; known: --check [--json]", file=sys.stderr)  # noqa: T201
        return 2
    try:
        uvloop.run(serve(), loop_factory=new_loop)
    except VivaError as error:
        print(_sentence(str(error), error.remedy), file=sys.stderr)  # noqa: T201
        return 1
    return 0


async def _found(check: Check) -> list[Capability]:
    try:
        return await check()
    except VivaError as error:
        detail, remedy = str(error), error.remedy
    except Exception as error:
        detail, remedy = f"{type(error).__name__}: {error}", ""
    return [Capability("process", State.BROKEN, detail, remedy=remedy or "viva doctor")]


def _line(found: Capability, *, as_json: bool) -> str:
    if as_json:
        return json.dumps({name: getattr(found, name) for name in FIELDS}, ensure_ascii=False)
    return f"{found.name}: {found.state.value}. {_sentence(found.detail, found.remedy)}"


def _sentence(detail: str, remedy: str) -> str:
    return f"{detail} Mend it with: {remedy}" if remedy else detail
