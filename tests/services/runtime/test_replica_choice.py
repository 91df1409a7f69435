"""Which replica a key belongs to, and which lists of addresses can be called."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.channel import open_channel, rendezvous
from services.runtime.errors import FailedPrecondition

pytestmark = pytest.mark.unit

KEYS = st.text(max_size=20)
REPLICAS = st.lists(st.integers(0, 255).map(lambda n: f"10.0.0.{n}:1"), min_size=1, max_size=9, unique=True)


@given(KEYS, REPLICAS)
def test_every_replica_is_in_the_order_once(key: str, replicas: list[str]) -> None:
    assert sorted(rendezvous(key, replicas)) == sorted(replicas)


@given(KEYS, REPLICAS, st.randoms())
def test_the_order_does_not_depend_on_the_order_of_the_list(key: str, replicas: list[str], random) -> None:
    shuffled = random.sample(replicas, len(replicas))
    assert rendezvous(key, shuffled) == rendezvous(key, replicas)


@given(KEYS, REPLICAS, st.data())
def test_losing_a_replica_moves_only_its_own_keys(key: str, replicas: list[str], data: st.DataObject) -> None:
    lost = data.draw(st.sampled_from(replicas))
    order = [each for each in rendezvous(key, replicas) if each != lost]
    assert rendezvous(key, [each for each in replicas if each != lost]) == order


def test_keys_spread_evenly() -> None:
    replicas = [f"10.0.0.{n}:1" for n in range(4)]
    first = [rendezvous(f"interview-{n}", replicas)[0] for n in range(4_000)]
    assert all(800 < first.count(each) < 1_200 for each in replicas)


@pytest.mark.parametrize("addresses", [(), ("one:1", "two:1"), ("10.0.0.1:1", "two:1")])
def test_a_list_that_cannot_be_called_is_refused_with_what_mends_it(addresses: Sequence[str]) -> None:
    with pytest.raises(FailedPrecondition) as caught:
        open_channel(addresses)
    assert caught.value.remedy
