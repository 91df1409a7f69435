"""Shorter texts by a model, behind everything that anybody waits for. Knows no text of its own."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

from services.session.app.model import ModelCall, ModelMissing
from services.session.app.recorded import RecordingModel
from services.session.domain.thinking import spoken

MODEL_ATTEMPTS = 3  # then plain code does it

Tidy = Callable[[str], str]


class NothingSaid(Exception):
    """The model's text is empty once it is tidied; try again."""


def compaction_key(interview_id: UUID) -> str:
    return f"compaction:{interview_id}"


def digest_key(resume_id: UUID) -> str:
    return f"digest:{resume_id}"


class Summariser:
    """Nothing stays warm of these calls: the same text is not read twice."""

    def __init__(self, model: RecordingModel, deadline_s: float) -> None:
        self._model = model
        self._deadline_s = deadline_s

    async def shortened(self, call: ModelCall, tidy: Tidy, attempts: int) -> str | None:
        """None when no model can do it, or `attempts` are used up. Raises what is worth another attempt."""
        if attempts > MODEL_ATTEMPTS or self._model.model.missing:
            return None
        with suppress(ModelMissing):
            try:
                return await self._said(call, tidy)
            finally:
                await asyncio.shield(self._model.model.forget(call.key))
        return None

    async def _said(self, call: ModelCall, tidy: Tidy) -> str:
        async with self._model.calling(call, self._deadline_s) as running:
            async for _ in running.pieces():
                pass
            text = tidy(spoken(running.text).text)
            if not text:
                running.record.verdict = "refused:empty"
                raise NothingSaid(call.purpose)
            running.record.verdict = "accepted"
            return text
