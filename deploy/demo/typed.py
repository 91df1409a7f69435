"""Answers in writing. Knows no interview but the one it is told of."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from viva.v1 import consent_pb2, interview_pb2

from deploy.demo.answers import Answers
from deploy.demo.person import Person
from deploy.demo.room import Answering, Told


class Typed:
    """A `Room` where every answer is submitted as text."""

    consents: frozenset[int] = frozenset({consent_pb2.CONSENT_PURPOSE_PROCESSING})

    @asynccontextmanager
    async def enter(self, person: Person, interview_id: str, answers: Answers) -> AsyncIterator[Answering]:
        async def answer(told: Told) -> None:
            told.submitted = told.meant = answers(told.turn)
            told.submitted_at = time.monotonic()
            request = interview_pb2.SubmitAnswerRequest(
                interview_id=interview_id,
                turn_id=told.turn.id,
                request_id=uuid4().hex,
                text=told.submitted,
                ended_by=interview_pb2.ANSWER_END_TYPED,
            )
            await person.call(f"answering {told.turn.stage_id}", "InterviewService.SubmitAnswer", request)

        yield answer
