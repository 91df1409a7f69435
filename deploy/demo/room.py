"""How a demonstration's candidate answers: the port, and one turn as they saw it. Knows no interface."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from viva.v1 import interview_pb2

from deploy.demo.answers import Answers
from deploy.demo.person import Person


@dataclass
class Told:
    """One turn as its candidate saw it. Times are of a monotonic clock, seconds; None: not seen or heard.

    `meant` is what was typed or said, `submitted` what was taken down.
    """

    turn: interview_pb2.Turn
    meant: str = ""
    submitted: str = ""
    waiting_since: float = 0.0
    first_word_at: float | None = None
    first_sound_at: float | None = None
    asked_at: float = 0.0
    spoke_from: float | None = None
    captioned_at: float | None = None
    spoke_until: float | None = None
    submitted_at: float = 0.0
    evaluated_at: float | None = None


Answering = Callable[[Told], Awaitable[None]]
"""Answers the question that was just asked; returns when all was typed or said."""


class Room(Protocol):
    @property
    def consents(self) -> frozenset[int]:
        """Purposes beside the required ones that a candidate must agree to."""

    def enter(
        self, person: Person, interview_id: str, answers: Answers
    ) -> AbstractAsyncContextManager[Answering]:
        """For an interview that has started. Raises DemoError."""
