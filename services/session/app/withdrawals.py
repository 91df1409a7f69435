"""What follows when a candidate takes consent back in mid-interview."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from services.session.app.access import Caller
from services.session.app.interviews import InterviewCommands
from services.session.app.ports import Summary

EraseInterview = Callable[[UUID], Awaitable[None]]
"""Erases what was said and captured in an interview, everywhere."""

TakeBack = Callable[[UUID], Awaitable[None]]
"""Marks an interview's consents as withdrawn, and erases what was measured of face and voice, and kept."""


class Withdrawals:
    def __init__(self, commands: InterviewCommands, take_back: TakeBack, erase: EraseInterview) -> None:
        self._commands = commands
        self._take_back = take_back
        self._erase = erase

    async def withdraw(self, caller: Caller, interview_id: UUID, *, erase: bool) -> Summary:
        """The interview stops first; only then is anything erased, so that nothing is written after."""
        summary = await self._commands.withdraw(caller, interview_id)
        await self._take_back(interview_id)
        if erase:
            await self._erase(interview_id)
        return summary
