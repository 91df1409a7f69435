"""Sends a recorded call to a model again. Changes neither the record nor the interview."""

import asyncio
from contextlib import aclosing
from typing import Any
from uuid import UUID

from services.runtime.errors import DeadlineExceeded, FailedPrecondition, Unavailable
from services.session.app import access
from services.session.app.access import Caller
from services.session.app.admin import LlmCall, Operations
from services.session.app.model import Finished, LanguageModel, ModelCall, ModelUnavailable, Priority
from services.session.app.retention import replay_key
from services.session.domain.prompts import Message, Role

LONGEST_S = 60.0


class Replays:
    """Replays queue behind everything that anybody waits for."""

    def __init__(self, operations: Operations, model: LanguageModel, longest_s: float = LONGEST_S) -> None:
        self._operations = operations
        self._model = model
        self._longest_s = longest_s

    async def replay(self, caller: Caller, call_id: UUID) -> tuple[str, Finished]:
        """What the model says now. Raises FailedPrecondition (CALL_ERASED), Unavailable, DeadlineExceeded."""
        access.require_admin(caller)
        call, words = await self._operations.read_call(caller, call_id, "llm_call.replayed")
        if words.request is None:
            raise FailedPrecondition(
                "CALL_ERASED", "What was said in this call was erased.", remedy="replay another call"
            )
        again = _again(call, words.request)
        try:
            async with asyncio.timeout(self._longest_s):
                return await self._said(again)
        except ModelUnavailable as error:
            raise Unavailable(
                "NO_MODEL", f"No language model answers: {error}.", remedy="viva status, then viva logs llm"
            ) from None
        except TimeoutError:
            raise DeadlineExceeded("REPLAY_TOO_SLOW", "The model took too long; try again later.") from None
        finally:
            # The words must not stay warm; were this lost, erasing the interview drops the same key.
            await asyncio.shield(self._model.forget(again.key))

    async def _said(self, call: ModelCall) -> tuple[str, Finished]:
        output, finished = "", Finished("", "", 0, 0, 0)
        async with aclosing(self._model.generate(call, self._longest_s)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Finished):
                    finished = piece
                else:
                    output += piece
        return output, finished


def _again(call: LlmCall, request: dict[str, Any]) -> ModelCall:
    return ModelCall(
        purpose="replay",
        template=f"{call.template_id}@{call.template_hash}",
        messages=tuple(Message(Role(each["role"]), each["content"]) for each in request["messages"]),
        key=replay_key(call.interview_id or call.resume_id or call.id),
        priority=Priority.BATCH,
        max_tokens=request["max_tokens"],
        schema=request.get("schema"),
    )
