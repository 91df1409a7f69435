"""What one server runs, in words an operator can act on. Knows no service."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.metadata import version

from viva.v1 import common_pb2 as pb

_WORDS = ("name", "detail", "engine", "model", "device", "licence", "remedy")


class State(StrEnum):
    """READY as meant, DEGRADED on a lesser engine, MISSING: not installed, BROKEN: not serving."""

    READY = "ready"
    DEGRADED = "degraded"
    MISSING = "missing"
    BROKEN = "broken"

    @property
    def serves(self) -> bool:
        return self in (State.READY, State.DEGRADED)


@dataclass(frozen=True, slots=True)
class Capability:
    """`remedy` is the command that mends any state but READY; limits carry their unit in the value."""

    name: str
    state: State
    detail: str
    engine: str = ""
    model: str = ""
    device: str = ""
    licence: str = ""
    remedy: str = ""
    limits: Mapping[str, str] = field(default_factory=dict)

    def to_pb(self) -> pb.Capability:
        state = pb.CapabilityState.Value(f"CAPABILITY_STATE_{self.state.name}")
        words = {name: getattr(self, name) for name in _WORDS}
        return pb.Capability(state=state, limits=dict(self.limits), server_version=version("viva"), **words)

    @classmethod
    def from_pb(cls, message: pb.Capability) -> "Capability":
        """Raises ValueError when the message names no state."""
        state = State(pb.CapabilityState.Name(message.state).removeprefix("CAPABILITY_STATE_").lower())
        words = {name: getattr(message, name) for name in _WORDS}
        return cls(state=state, limits=dict(message.limits), **words)
