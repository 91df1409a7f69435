"""Whether the model still computes, found out as cheaply as possible. Knows no transport."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from services.embed.batching import Batcher
from services.embed.engine import Kind
from services.embed.errors import QueueFullError
from services.embed.lanes import Lane
from services.runtime.capability import Capability, State
from services.runtime.errors import VivaError

_PROBE_TEXT = "probe"
_PROBE_TIMEOUT_S = 4.0
_REMEDY = "viva logs embed"


class Liveness:
    """Work that succeeds is proof enough; a failure or a long silence is followed by a probe."""

    def __init__(self, batcher: Batcher, capability: Capability, idle_probe_s: float, stuck_s: float) -> None:
        self._batcher = batcher
        self._capability = self._last = capability
        self._idle_probe_s, self._stuck_s = idle_probe_s, stuck_s
        self._seen_batches = self._seen_failed = 0
        self._proven_at = asyncio.get_running_loop().time()

    async def look(self) -> Capability:
        """The capability at this moment: as it was found at start, or BROKEN with the reason."""
        busy_s = self._batcher.busy_s
        if busy_s > self._stuck_s:
            self._last = self._broken(f"One batch has been computing for {busy_s:.0f} s.")
        elif self._must_probe():
            self._last = await self._probe()
        return self._last

    def _must_probe(self) -> bool:
        counters, now = self._batcher.counters, asyncio.get_running_loop().time()
        has_failed = counters.failed > self._seen_failed
        if counters.batches > self._seen_batches and not has_failed:
            self._seen_batches, self._proven_at, self._last = counters.batches, now, self._capability
        self._seen_batches, self._seen_failed = counters.batches, counters.failed
        was_broken = self._last.state is State.BROKEN
        is_silent = not self._batcher.busy_s and now - self._proven_at > self._idle_probe_s
        return has_failed or was_broken or is_silent

    async def _probe(self) -> Capability:
        try:
            await self._batcher.embed([_PROBE_TEXT], Kind.QUERY, Lane.INTERACTIVE, _PROBE_TIMEOUT_S)
        except QueueFullError:
            return self._last  # too busy to be asked
        except VivaError as error:
            return self._broken(f"The model does not compute: {error}.")
        self._proven_at = asyncio.get_running_loop().time()
        return self._capability

    def _broken(self, detail: str) -> Capability:
        return replace(self._capability, state=State.BROKEN, detail=detail, remedy=_REMEDY)
