"""What voice and pictures cost, and how long a candidate waits for them.

    python tests/bench/media.py [--quick] [--parts peers,mouth,vision,interviews,memory] [--minutes 10]

peers   the endpoint is a process of its own whose conversations only count; browsers are aiortc clients in
        this one, each with a voice and a picture of 640x480 ten times a second, encoded once. Counted is the
        CPU time of the endpoint alone, for a second of sound that arrived
mouth   from the end of a word at the microphone to the caption in which it stands, by part: one browser,
        media and stt in processes of their own, and the trained fixture for a model
vision  frames of a recorded face, five a second a stream, to the vision service and back
interviews
        from a typed answer to the next question's first word and first sound, in a whole mesh with one, eight
        and thirty interviews, of which eight listen. JSON has eight interviews of the fixture's questions
memory  what the endpoint holds in the last tenth of the time more than in the first, with ten browsers

Times are by the clock: a busy machine lengthens them, and says its load. The last line is one JSON object;
`--parts` leaves its other values null, and so does what cannot be measured here, with the reason before it.
"""

import argparse
import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.media.engines.webrtc.ports import PortRangeLoop
from tests.bench._media_interviews import interviews_part
from tests.bench._media_mouth import mouth_part
from tests.bench._media_peers import memory_part, peers_part
from tests.bench._media_vision import vision_part

KEYS = (
    "core_per_peer", "offer_to_audio_ms", "mouth_to_caption_ms", "t0_to_first_word_p95_ms",
    "t0_to_first_sound_p95_ms", "vision_p50_ms", "vision_p95_ms", "vision_cpu_ms", "rss_growth_mb",
)  # fmt: skip


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    peers: tuple[int, ...] = (1, 4, 8)
    seconds: float = 10.0
    rounds: int = 3
    spoken_s: float = 30.0
    minutes: float = 10.0
    turns: tuple[tuple[int, int], ...] = ((1, 8), (8, 4), (30, 3))
    """Interviews at once, and how many questions of each."""


QUICK = Size(peers=(1, 8), seconds=4.0, rounds=1, spoken_s=15.0, minutes=1.0, turns=((1, 3), (8, 2)))

PARTS: dict[str, Callable[[Size], Awaitable[dict[str, Any]]]] = {
    "peers": lambda size: peers_part(list(size.peers), size.seconds, size.rounds),
    "mouth": lambda size: mouth_part(size.spoken_s, size.rounds),
    "vision": lambda size: vision_part(size.seconds, size.rounds),
    "interviews": lambda size: interviews_part(dict(size.turns)),
    "memory": lambda size: memory_part(size.minutes),
}


async def measure(size: Size, parts: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = dict.fromkeys(KEYS)
    for part in parts:
        started = time.monotonic()
        found |= await PARTS[part](size)
        load = f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
        print(f"({part}: {time.monotonic() - started:.0f} s; {load})", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="less of everything, once")
    parser.add_argument("--parts", default=",".join(PARTS), help="some of them, by commas")
    parser.add_argument("--minutes", type=float, help="of the part memory")
    options = parser.parse_args()
    size = QUICK if options.quick else Size()
    if options.minutes is not None:
        size = replace(size, minutes=options.minutes)
    with asyncio.Runner(loop_factory=lambda: PortRangeLoop(range(0))) as runner:
        found = runner.run(measure(size, options.parts.split(",")))
    print(json.dumps({key: found[key] if found[key] is None else round(found[key], 3) for key in KEYS}))


if __name__ == "__main__":
    main()
