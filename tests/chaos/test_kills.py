"""Processes are killed at drawn moments while people are interviewed: every interview ends whole, once.

    VIVA_CHAOS_SEED=7,12 python -m pytest tests/chaos/test_kills.py

repeats these seeds; what was killed when is drawn from the seed, what it hit is the machine's.
"""

import os
import time
from collections import Counter
from dataclasses import replace

import pytest

from tests.chaos.checks import Database, check_stream
from tests.chaos.plan import SEEDS, VICTIMS, Kill, kills
from tests.chaos.rig import Edge, Rig

pytestmark = pytest.mark.chaos

INTERVIEWS = 3
POINT_S = 5.0  # a point that is not reached by then is passed over
FINISH_S = 75.0
CHOSEN = [int(each) for each in os.environ.get("VIVA_CHAOS_SEED", "").split(",") if each] or list(SEEDS)


def carry_out(rig: Rig, edge: Edge, planned: list[Kill]) -> list[str]:
    """What was killed, and how many seconds after the beginning."""
    done, began = [], time.monotonic()
    for kill in planned:
        if kill.point and not edge.wait_for(kill.point, len(edge.said), POINT_S):
            done.append(f"not {kill}: it did not come to that")
            continue
        if edge.all_of("done"):
            break
        time.sleep(kill.delay_s)
        if kill.victim == "client":
            edge.kill_and_start()
            rig.killed["client"] += 1
        else:
            rig.kill(kill.victim)
        done.append(f"{time.monotonic() - began:.2f} s: {kill}")
    return done


@pytest.mark.parametrize("seed", CHOSEN)
async def test_interviews_finish_and_nothing_is_lost_or_doubled(rig: Rig, seed: int) -> None:
    orders = rig.people.candidate(seed)
    keys = tuple(f"{seed}-{number}-{orders.invitation_id[-6:]}" for number in range(INTERVIEWS))
    resume_key = f"{seed}-cv-{orders.invitation_id[-6:]}"
    edge = Edge(replace(orders, interviews=keys, resumes=(resume_key,)))
    mistakes = len(rig.mistakes())
    edge.start()
    try:
        done = carry_out(rig, edge, kills(seed))
        print(f"VIVA_CHAOS_SEED={seed}", *done, sep="\n  ")
        finished = edge.wait_for("done", 0, FINISH_S)
    finally:
        edge.end()
    print("hiccups:", Counter(each["code"] for each in edge.all_of("hiccup")))
    print(*rig.mistakes()[mistakes:], sep="\n")
    assert not edge.all_of("fault")
    assert finished, edge.said[-20:]
    rig.wait_serving()
    database = await Database.connect(rig.dsn)
    try:
        interviews = [
            await database.check_interview(key, [m for m in edge.all_of("submitted") if m["key"] == key])
            for key in keys
        ]
        await database.check_resume(resume_key)
        stored = await database.events(interviews)
    finally:
        await database.close()
    await check_stream(rig.nats_url, stored)


@pytest.mark.skipif(list(SEEDS) != CHOSEN, reason="VIVA_CHAOS_SEED chooses some seeds only")
def test_every_process_has_been_killed_often(rig: Rig) -> None:
    assert rig.killed.keys() >= VICTIMS.keys()
    assert min(rig.killed[victim] for victim in VICTIMS) >= 8
