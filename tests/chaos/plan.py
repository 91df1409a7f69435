"""Which process is killed at which point: drawn from a seed, so that a failure can be repeated."""

import random
from dataclasses import dataclass

SEEDS = range(50)
# Postgres takes longest to come back.
VICTIMS = {"session": 0.34, "client": 0.2, "nats": 0.18, "postgres": 0.14, "embed": 0.14}
# What the client says just before or just after something is committed.
POINTS = (
    "created",
    "started",
    "question.asked",
    "submitting",
    "submitted",
    "answer.accepted",
    "turn.opened",
    "evaluation.stored",
    "interview.completed",
    "uploading",
    "uploaded",
)
AT_RANDOM = 0.3  # share of kills that follow no point
LONGEST_WAIT_S = 1.5
JITTER_S = 0.03


@dataclass(frozen=True)
class Kill:
    """`point` "" means after `delay_s` alone; else so long after the client says it."""

    victim: str
    point: str
    delay_s: float

    def __str__(self) -> str:
        after = f"{self.delay_s * 1000:.0f} ms after {self.point or 'the kill before'}"
        return f"{self.victim}, {after}"


def kills(seed: int) -> list[Kill]:
    rng = random.Random(seed)
    return [_kill(rng) for _ in range(rng.randint(2, 4))]


def _kill(rng: random.Random) -> Kill:
    (victim,) = rng.choices(list(VICTIMS), list(VICTIMS.values()))
    if rng.random() < AT_RANDOM:
        return Kill(victim, "", rng.uniform(0, LONGEST_WAIT_S))
    # Half of them as soon as it is heard: before what follows is committed.
    return Kill(victim, rng.choice(POINTS), rng.choice((0.0, rng.uniform(0, JITTER_S))))
