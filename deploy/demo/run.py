"""Several interviews side by side; candidates, résumés and answers are made up where none are given.

Does not know how an interview is held.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deploy.demo.answers import Answers, AnswersFile, Composed
from deploy.demo.errors import DemoError
from deploy.demo.interview import Interviewed, Plan, Step, conduct
from deploy.demo.over_grpc import over_grpc
from deploy.demo.person import Entrance
from deploy.demo.resumes import compose_resume, draw_resume
from deploy.demo.room import Room
from deploy.demo.typed import Typed

NOBODY = "Demo"


@dataclass(frozen=True)
class Wanted:
    """What is demonstrated. Without a résumé or answers they are made from `seed`."""

    scenario: str = "standard"
    language: str = "ko"
    parallel: int = 1
    seed: int = field(default_factory=lambda: secrets.randbelow(1_000_000))
    resume: Path | None = None
    answers: AnswersFile | None = None
    room: Room = field(default_factory=Typed)


async def run(
    address: str, wanted: Wanted, step_of: Callable[[int], Step], entrance: Entrance = over_grpc
) -> list[Interviewed | DemoError]:
    """Conducts all interviews at `address`; in their order, each with what became of it.

    `step_of` gives the interview of a number, from 0, its listener.
    """
    async with entrance(address) as register:

        async def one(number: int) -> Interviewed | DemoError:
            try:
                name, plan = plan_of(wanted, number)
                return await conduct(await register(name, wanted.language), plan, step_of(number))
            except DemoError as error:
                return error

        return list(await asyncio.gather(*map(one, range(wanted.parallel))))


def plan_of(wanted: Wanted, number: int) -> tuple[str, Plan]:
    """The name of a candidate, and what the interview is made of."""
    seed = wanted.seed + number
    name, content, file_name = _resume(wanted, seed)

    def answers_for(stages: list[str], topics: list[str]) -> Answers:
        if wanted.answers is not None:
            return wanted.answers.fitted(stages)
        return Composed(wanted.language, topics, seed)

    return name, Plan(content, file_name, wanted.scenario, wanted.language, answers_for, wanted.room)


def _resume(wanted: Wanted, seed: int) -> tuple[str, bytes, str]:
    """(whose, the file, its name)."""
    if wanted.resume is None:
        text = compose_resume(wanted.language, seed)
        return text.splitlines()[0], draw_resume(text, wanted.language), f"resume-{seed}.pdf"
    try:
        return NOBODY, wanted.resume.read_bytes(), wanted.resume.name
    except OSError as error:
        raise DemoError(f"{wanted.resume} cannot be read: {error.strerror}.", "name a file") from error
