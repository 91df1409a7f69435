"""An engine that is not there, as a value: its server starts all the same, says so and refuses calls."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from services.runtime.capability import Capability, State
from services.runtime.errors import FailedPrecondition

Engine = TypeVar("Engine")


class _HasStatus(Protocol):
    def status(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Missing:
    """What capability `name` lacks, and the command that mends it; `reason` is UPPER_SNAKE.

    BROKEN is what is there and cannot serve.
    """

    name: str
    reason: str
    detail: str
    remedy: str
    state: State = State.MISSING

    @property
    def capability(self) -> Capability:
        return Capability(self.name, self.state, self.detail, remedy=self.remedy)


def needed(engine: Engine | Missing) -> Engine:
    """The engine; raises FailedPrecondition with the remedy when there is none."""
    if isinstance(engine, Missing):
        raise FailedPrecondition(engine.reason, engine.detail, remedy=engine.remedy)
    return engine


def capability_of(engine: _HasStatus | Missing) -> Capability:
    found: Capability = (engine if isinstance(engine, Missing) else engine.status()).capability
    return found


def find_weights(folder: Path, pattern: str, chosen: str) -> Path | None:
    """`chosen` in `folder`, or the first by name that fits the pattern when none is chosen."""
    found = [folder / chosen] if chosen else folder.glob(pattern)
    return min((path for path in found if path.exists()), default=None)
