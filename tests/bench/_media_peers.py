"""What connected browsers cost the endpoint: CPU, the wait for the first sound, memory. Knows no mesh."""

import asyncio
import statistics
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench._media_endpoint import connected, endpoint, seen_packets, spoken_packets

SETTLE_S = 3.0
PIECES_PER_S = 50
MEMORY_PEERS = 10
MEMORY_SETTLE_S = 30.0
LOOK_S = 2.0


@dataclass(frozen=True)
class Row:
    peers: int
    core: float
    heard: float
    pictures: float
    first_ms: float

    @property
    def core_per_peer(self) -> float:
        """For a second of sound that arrived: a sender that was held up cost nothing meanwhile."""
        return self.core / self.peers / self.heard


async def peers_part(counts: list[int], seconds: float, rounds: int) -> dict[str, Any]:
    """The share of a core at the most peers, and the median time to the first sound of one at a time."""
    rows = [await measured(peers, seconds) for _ in range(rounds) for peers in counts]
    table = Table(
        "peers", "core", "core a peer, best", "median", "heard of real time", "pictures/s a peer",
        "offer to first sound, ms, best", "median", title=f"peers, {rounds} rounds of {seconds:g} s",
    )  # fmt: skip
    for peers in counts:
        of_these = [row for row in rows if row.peers == peers]
        core = [row.core_per_peer for row in of_these]
        first = [row.first_ms for row in of_these]
        middle = [
            statistics.median(getattr(row, name) for row in of_these)
            for name in ("core", "heard", "pictures")
        ]
        table.add_row(
            str(peers), f"{middle[0]:.2f}", f"{min(core):.3f}", f"{statistics.median(core):.3f}",
            f"{middle[1]:.2f}", f"{middle[2]:.1f}", f"{min(first):.0f}", f"{statistics.median(first):.0f}",
        )  # fmt: skip
    Console(width=120).print(table)
    return {
        "core_per_peer": statistics.median(row.core_per_peer for row in rows if row.peers == max(counts)),
        "offer_to_audio_ms": statistics.median(row.first_ms for row in rows),
    }


async def measured(peers: int, seconds: float) -> Row:
    spoken_packets(), seen_packets()
    async with endpoint() as serving:
        await serving.ask()
        joined = [await connected(serving, f"i{number}") for number in range(peers)]
        await asyncio.sleep(SETTLE_S)
        before = await serving.ask()
        await asyncio.sleep(seconds)
        after = await serving.ask()
        for browser, _ in joined:
            await browser.aclose()
    wall_s = after["at_s"] - before["at_s"]
    return Row(
        peers=peers,
        core=(after["cpu_s"] - before["cpu_s"]) / wall_s,
        heard=(after["pieces"] - before["pieces"]) / wall_s / PIECES_PER_S / peers,
        pictures=(after["pictures"] - before["pictures"]) / wall_s / peers,
        first_ms=statistics.median(ms for _, ms in joined),
    )


async def memory_part(minutes: float) -> dict[str, Any]:
    """How much more the endpoint holds in the last tenth of the time than in the first."""
    sizes: list[float] = []
    async with endpoint() as serving:
        await serving.ask()
        joined = [(await connected(serving, f"i{number}"))[0] for number in range(MEMORY_PEERS)]
        await asyncio.sleep(MEMORY_SETTLE_S)
        before = await serving.ask()
        for _ in range(max(10, round(minutes * 60 / LOOK_S))):
            await asyncio.sleep(LOOK_S)
            sizes.append(serving.rss_mb)
        after = await serving.ask()
        for browser in joined:
            await browser.aclose()
    heard_s = (after["pieces"] - before["pieces"]) / PIECES_PER_S / MEMORY_PEERS
    tenths = [statistics.median(_tenth(sizes, number)) for number in range(10)]
    table = Table(*(f"{number + 1}" for number in range(10)), title="resident memory by tenths, MB")
    table.add_row(*(f"{size:.1f}" for size in tenths))
    Console(width=120).print(table)
    wall_s = after["at_s"] - before["at_s"]
    Console(width=120).print(
        f"{MEMORY_PEERS} peers for {wall_s:.0f} s, of which {heard_s:.0f} s of sound arrived"
    )
    return {"rss_growth_mb": tenths[-1] - tenths[0]}


def _tenth(sizes: list[float], number: int) -> list[float]:
    size = len(sizes) / 10
    return sizes[round(number * size) : round((number + 1) * size)]
