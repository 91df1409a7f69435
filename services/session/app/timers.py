"""What happens when a time is up. The times themselves are set by the state machine."""

from contextlib import suppress

from services.runtime.errors import NotFound
from services.session.app.interviews import InterviewCommands
from services.session.app.ports import Claim, WorkQueue


class Timers:
    """Handlers of timers: what is no longer due is taken off the list."""

    def __init__(self, commands: InterviewCommands, queue: WorkQueue) -> None:
        self._commands = commands
        self._queue = queue

    async def answer_limit(self, claim: Claim) -> None:
        if claim.interview_id is not None:
            with suppress(NotFound):
                await self._commands.reach_answer_limit(claim, claim.interview_id)
        await self._queue.finish(claim)

    async def return_limit(self, claim: Claim) -> None:
        with suppress(NotFound):
            await self._commands.reach_return_limit(claim)
        await self._queue.finish(claim)
