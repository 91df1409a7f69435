"""Calls a model and keeps a record of what was asked, what came, and what became of it."""

import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

import structlog

from services.session.app.model import (
    CallRecord,
    CallRecords,
    Finished,
    LanguageModel,
    ModelCall,
    ModelMissing,
)
from services.session.app.ports import NewId
from services.session.domain.prompts import prompt_hash

log = structlog.get_logger()


class RecordedCall:
    """One call under way. Whoever judges its output says so in `verdict`."""

    def __init__(self, model: LanguageModel, record: CallRecord, deadline_s: float) -> None:
        self._model = model
        self._deadline_s = deadline_s
        self._started = time.perf_counter()
        self.record = record

    @property
    def text(self) -> str:
        return self.record.output

    async def pieces(self) -> AsyncGenerator[str, None]:
        """The text as it comes; closing it cancels the call. Raises ModelUnavailable."""
        record = self.record
        async with aclosing(self._model.generate(record.call, self._deadline_s)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Finished):
                    record.finished = piece
                    continue
                if record.first_token_ms is None:
                    record.first_token_ms = self.elapsed_ms
                record.output += piece
                yield piece

    @property
    def elapsed_ms(self) -> float:
        return (time.perf_counter() - self._started) * 1000


class RecordingModel:
    """Every call that reached a model leaves a record, also one that fails or is given up."""

    def __init__(self, model: LanguageModel, records: CallRecords, new_id: NewId) -> None:
        self.model = model
        self._records = records
        self._new_id = new_id

    @asynccontextmanager
    async def calling(self, call: ModelCall, deadline_s: float) -> AsyncIterator[RecordedCall]:
        """The record is stored when the block ends, however it ends."""
        record = CallRecord(self._new_id(), call, prompt_hash(call.messages))
        running = RecordedCall(self.model, record, deadline_s)
        try:
            yield running
        except ModelMissing:
            raise  # nobody was asked
        except BaseException as error:
            record.verdict = record.verdict or f"failed:{type(error).__name__}"
            await self._put(record, running)
            raise
        await self._put(record, running)

    async def _put(self, record: CallRecord, running: RecordedCall) -> None:
        record.total_ms = running.elapsed_ms
        try:
            await self._records.put(record)
        except Exception as error:
            log.warning("llm.call_not_recorded", error=type(error).__name__)
