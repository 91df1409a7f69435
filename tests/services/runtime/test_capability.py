"""What a server says of itself, there and back."""

import pytest
from viva.v1 import common_pb2 as pb

from services.runtime.capability import Capability, State

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("state", State)
def test_a_capability_arrives_as_it_left(state: State) -> None:
    words = {"engine": "e", "model": "m", "device": "cpu", "licence": "MIT", "remedy": "make it"}
    sent = Capability("embed", state, "a sentence", **words, limits={"max_text": "8192 characters"})
    message = pb.Capability.FromString(sent.to_pb().SerializeToString())
    assert Capability.from_pb(message) == sent
    assert message.server_version
    assert pb.CapabilityState.Name(message.state) == f"CAPABILITY_STATE_{state.name}"


def test_a_capability_without_a_state_is_refused() -> None:
    with pytest.raises(ValueError, match="unspecified"):
        Capability.from_pb(pb.Capability(name="embed"))


def test_only_what_is_ready_or_degraded_serves() -> None:
    assert [state for state in State if state.serves] == [State.READY, State.DEGRADED]
