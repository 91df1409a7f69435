"""Claims work and runs it: at once when woken, else at the next poll. Does not know what the work is."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog
from prometheus_client import Counter

from services.session.app.ports import Claim, StaleClaim, WorkQueue

log = structlog.get_logger()

LATE_RESULTS = Counter(
    "viva_session_late_results", "Results dropped because the work was taken over or done", ["kind"]
)
SET_ASIDE = Counter("viva_session_set_aside", "Messages and work of unknown kind, kept aside", ["source"])

Handler = Callable[[Claim], Awaitable[None]]
"""Does one piece of work, its own transaction included. Raising gives it back for another attempt."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Kinds of work that share places, so that one lane never waits for another."""

    name: str
    kinds: tuple[str, ...]
    places: int  # pieces of work at once
    lease_s: float = 10.0  # after this long without renewal others may take over
    max_attempts: int = 5
    poll_s: float = 1.0  # how late work that comes due, or whose wake-up was lost, may begin


class WorkerPool:
    """Runs lanes until cancelled. No lane polls less often than every `poll_s` seconds."""

    def __init__(
        self, queue: WorkQueue, handlers: Mapping[str, Handler], lanes: Sequence[Lane], poll_s: float = 1.0
    ) -> None:
        missing = {kind for lane in lanes for kind in lane.kinds} - handlers.keys()
        if missing:
            raise ValueError(f"no handler for work of kind {sorted(missing)}")
        self._queue = queue
        self._handlers = handlers
        self._lanes = lanes
        self._poll_s = poll_s
        self._woken = {lane.name: asyncio.Event() for lane in lanes}
        self._more = {lane.name: False for lane in lanes}
        self._cancelled: dict[str, list[Claim]] = {lane.name: [] for lane in lanes}

    def wake(self) -> None:
        for event in self._woken.values():
            event.set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for lane in self._lanes:
                group.create_task(self._run_lane(lane, group))
            group.create_task(self._look_for_unknown())

    async def _run_lane(self, lane: Lane, group: asyncio.TaskGroup) -> None:
        running: dict[asyncio.Task[None], Claim] = {}
        group.create_task(self._renew(lane, running))
        try:
            await self._keep_busy(lane, group, running)
        except asyncio.CancelledError:
            await asyncio.gather(*running, return_exceptions=True)
            await asyncio.sleep(0)  # for the callbacks that note what was cancelled
            await self._hand_over(self._cancelled[lane.name])
            raise

    async def _keep_busy(
        self, lane: Lane, group: asyncio.TaskGroup, running: dict[asyncio.Task[None], Claim]
    ) -> None:
        while True:
            self._woken[lane.name].clear()
            if free := lane.places - len(running):
                claims = await self._claim(lane, free)
                for claim in claims:
                    task = group.create_task(self._do(lane, claim))
                    running[task] = claim
                    task.add_done_callback(lambda done: self._left(lane, running, done))
                # As much as was asked for: more may be waiting for the places that are left.
                self._more[lane.name] = len(claims) == free
            await self._wait(lane)

    def _left(self, lane: Lane, running: dict[asyncio.Task[None], Claim], task: asyncio.Task[None]) -> None:
        claim = running.pop(task)
        if task.cancelled():  # also one that had not begun
            self._cancelled[lane.name].append(claim)
        if self._more[lane.name]:
            self._woken[lane.name].set()

    async def _wait(self, lane: Lane) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(min(self._poll_s, lane.poll_s)):
                await self._woken[lane.name].wait()

    async def _hand_over(self, claims: Iterable[Claim]) -> None:
        """This process stops: another one need not wait for the lease to end."""
        for claim in claims:
            await self._give_back(claim, 0.0, "stopped")

    async def _claim(self, lane: Lane, free: int) -> list[Claim]:
        claiming = asyncio.ensure_future(self._queue.claim(lane.kinds, free, lane.lease_s))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            with suppress(Exception):
                await self._hand_over(await claiming)
            raise
        except Exception as error:
            log.warning("work.claim_failed", lane=lane.name, error=type(error).__name__)
            await asyncio.sleep(self._poll_s)
            return []

    async def _renew(self, lane: Lane, running: Mapping[asyncio.Task[None], Claim]) -> None:
        while True:
            await asyncio.sleep(lane.lease_s / 3)
            if running:
                try:
                    await self._queue.renew(list(running.values()), lane.lease_s)
                except Exception as error:
                    log.warning("work.renew_failed", lane=lane.name, error=type(error).__name__)

    async def _do(self, lane: Lane, claim: Claim) -> None:
        with structlog.contextvars.bound_contextvars(interview_id=str(claim.interview_id or "")):
            try:
                await self._handlers[claim.kind](claim)
            except StaleClaim:
                LATE_RESULTS.labels(claim.kind).inc()
                log.info("work.result_dropped", kind=claim.kind)
            except Exception as error:
                await self._failed(lane, claim, error)

    async def _failed(self, lane: Lane, claim: Claim, error: Exception) -> None:
        last = claim.attempts >= lane.max_attempts
        log.warning("work.failed", kind=claim.kind, attempts=claim.attempts, last=last, exc_info=error)
        words = f"{type(error).__name__}: {getattr(error, 'reason', '')}".rstrip(": ")
        if last:
            await self._give_up(claim, words)
        else:
            await self._give_back(claim, min(60.0, 0.5 * 2 ** min(claim.attempts, 10)), words)

    async def _give_up(self, claim: Claim, words: str) -> None:
        try:
            await self._queue.give_up(claim, words)
        except Exception as error:
            log.warning("work.not_given_up", kind=claim.kind, error=type(error).__name__)

    async def _give_back(self, claim: Claim, delay_s: float, words: str) -> None:
        try:
            await self._queue.postpone(claim, delay_s, words)
        except Exception as error:
            log.warning("work.not_given_back", kind=claim.kind, error=type(error).__name__)

    async def _look_for_unknown(self) -> None:
        known = [kind for lane in self._lanes for kind in lane.kinds]
        while True:
            try:
                for kind in await self._queue.set_aside_unknown(known):
                    SET_ASIDE.labels("work").inc()
                    log.error("work.unknown_kind", kind=kind)
            except Exception as error:
                log.warning("work.poll_failed", error=type(error).__name__)
            await asyncio.sleep(30 * self._poll_s)
