"""From the mouth to the caption on the page, by part: one browser, media, and stt with the trained fixture.

Measured are words that come out as they were said: from the end of a word, as the microphone hands it out,
to the first caption in which it stands and whose decoding has heard all of it. The model is as small as a
fixture is: `decode` is not what a model that one would use takes.
"""

import asyncio
import base64
import json
import statistics
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import av
import numpy as np
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from rapidfuzz.distance import Levenshtein
from rich.console import Console
from rich.table import Table

from deploy.demo.microphone import PIECE_SAMPLES, Microphone
from services.stt.engine import SAMPLE_RATE_HZ
from tests.bench._media_endpoint import endpoint
from tests.bench._media_vision import percentile
from tests.bench._stt_speech import Script, script
from tests.services.media.engines.webrtc.browser import RATE_HZ, Browser

SERVERS = "tests.bench._media_mouth_servers"
LAST_WORDS_S = 2.0
CLEAR = 0.5  # correlation of what was said and what was heard, of 1
HEARTBEAT_S = 2.0


class Mouth(Microphone):
    """Notes when each piece was handed out."""

    def __init__(self) -> None:
        super().__init__()
        self.moments: list[float] = []

    async def recv(self) -> av.AudioFrame:
        frame = await super().recv()
        self.moments.append(time.monotonic())
        return frame


class Page(Browser):
    """Notes each caption and its moment, and keeps no sound."""

    def __init__(self, *tracks: MediaStreamTrack) -> None:
        super().__init__(*tracks)
        self.captions: list[tuple[float, str]] = []
        self.channel.on("message", self._caption)

    def _caption(self, text: str) -> None:
        message = json.loads(text)
        if message["type"] == "caption":
            shown = f"{message['committed']} {message['unstable']}".strip()
            self.captions.append((time.monotonic(), shown))

    async def _listen(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                await track.recv()
        except MediaStreamError:
            return


@dataclass(frozen=True)
class Parts:
    """Milliseconds of one word."""

    jitter_buffer: float
    vad: float
    decode: float
    relay: float

    @property
    def all(self) -> float:
        return self.jitter_buffer + self.vad + self.decode + self.relay


@dataclass(frozen=True)
class Run:
    """What the three processes noted; samples count what media heard, 16,000 a second."""

    script: Script
    said_at: list[float]
    """When each piece of the script was handed out."""
    captions: list[tuple[float, str]]
    sent: list[tuple[float, int]]
    """To stt: when, and up to which sample."""
    heard: list[tuple[float, bool]]
    """Of stt, one a caption: when, and whether it ends an utterance."""
    decoded: list[tuple[float, float, int]]
    """From when to when, and up to which sample."""
    shift: int
    """Where the script begins in what was heard."""


async def mouth_part(seconds: float, rounds: int) -> dict[str, Any]:
    said = script(1, seconds)
    runs = [words_of(await spoken(said)) for _ in range(rounds)]
    table = Table("ms", "best of rounds' p50", "p50", "p95", title=f"mouth to caption, {rounds} rounds")
    for title, name in (
        ("jitter buffer, network and codec", "jitter_buffer"),
        ("gate, and until a decoding begins", "vad"),
        ("decoding", "decode"),
        ("stt to media to page", "relay"),
        ("from mouth to caption", "all"),
    ):
        each = [[getattr(word, name) for word in words] for words in runs]
        every = [value for some in each for value in some]
        best = min(statistics.median(some) for some in each)
        table.add_row(title, *(f"{v:.0f}" for v in (best, statistics.median(every), percentile(every, 0.95))))
    Console(width=120).print(table)
    count = sum(map(len, runs))
    total = rounds * sum(len(each.words) for each in said.said)
    Console(width=120).print(f"{count} of {total} words came out as said, and are measured")
    return {"mouth_to_caption_ms": statistics.median(word.all for words in runs for word in words)}


async def spoken(said: Script) -> Run:
    async with endpoint("stt", module=SERVERS) as stt:
        port = (await stt.ask())["port"]
        async with endpoint("media", f"127.0.0.1:{port}", module=SERVERS) as media:
            mouth = Mouth()
            page = Page(mouth)
            await page.accept(await media.ask(offer=await page.offer()))
            async with asyncio.timeout(30):
                await page.opened.wait()
            beating = asyncio.create_task(_beat(page))
            await asyncio.sleep(1)
            first = len(mouth.moments)
            await mouth.say(_for_opus(said.pcm))
            said_at = mouth.moments[first:]
            await asyncio.sleep(LAST_WORDS_S)
            noted, decoded = await media.ask(), (await stt.ask(trace=True))["decoded"]
            beating.cancel()
            await page.aclose()
    heard = np.frombuffer(base64.b64decode(noted["pcm"]), "<i2")
    shift = shift_of(np.frombuffer(said.pcm, "<i2"), heard)
    return Run(said, said_at, page.captions, noted["sent"], noted["heard"], decoded, shift)


async def _beat(page: Page) -> None:
    while True:
        page.send({"type": "heartbeat"})
        await asyncio.sleep(HEARTBEAT_S)


def _for_opus(pcm: bytes) -> bytes:
    """The same at 48,000 samples a second."""
    frame = av.AudioFrame.from_ndarray(np.frombuffer(pcm, "<i2").reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = SAMPLE_RATE_HZ
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
    pieces = [*resampler.resample(frame), *resampler.resample(None)]
    return b"".join(bytes(piece.planes[0])[: 2 * piece.samples] for piece in pieces)


def shift_of(said: np.ndarray, heard: np.ndarray) -> int:
    """Where `said` begins in `heard`. Raises RuntimeError where it cannot be found."""
    size = 1 << (len(said) + len(heard)).bit_length()
    one, other = (np.fft.rfft(each.astype(np.float64), size) for each in (heard, said))
    products = np.fft.irfft(one * np.conj(other), size)[: len(heard)]
    best = int(products.argmax())
    part = heard[best : best + len(said)].astype(np.float64)
    alike = products[best] / (np.linalg.norm(part) * np.linalg.norm(said.astype(np.float64)) + 1e-9)
    if alike < CLEAR:
        raise RuntimeError(f"what media heard is not what was said (correlation {alike:.2f})")
    return best


# Where each word's time went


@dataclass(frozen=True)
class Shown:
    """A caption: all words that stand then, and the decoding that it came from."""

    at: float
    words: tuple[str, ...]
    decoding: tuple[float, float, int]


def words_of(run: Run) -> list[Parts]:
    said = [
        (word, end) for each in run.script.said for word, end in zip(each.words, each.ends_s, strict=True)
    ]
    captions = _shown(run)
    found = []
    for block in Levenshtein.opcodes([word for word, _ in said], captions[-1].words):
        if block.tag == "equal":
            for source, place in zip(
                range(block.src_start, block.src_end), range(block.dest_start, block.dest_end), strict=True
            ):
                word, end_s = said[source]
                end = round(end_s * SAMPLE_RATE_HZ) + run.shift
                found.append(_parts(run, end_s, end, _first_with(captions, word, place, end)))
    return found


def _shown(run: Run) -> list[Shown]:
    captions: list[Shown] = []
    before: tuple[str, ...] = ()
    for (at, text), (heard_at, is_final) in zip(run.captions, run.heard, strict=False):
        decoding = [each for each in run.decoded if each[1] <= heard_at][-1]
        captions.append(Shown(at, before + tuple(text.split()), decoding))
        before = captions[-1].words if is_final else before
    return captions


def _first_with(captions: list[Shown], word: str, place: int, end: int) -> Shown:
    """The first since which the word stands at its place, and whose decoding has heard all of it."""
    first = captions[-1]
    for each in reversed(captions):
        if each.words[place : place + 1] != (word,) or each.decoding[2] < end:
            break
        first = each
    return first


def _parts(run: Run, end_s: float, end: int, shown: Shown) -> Parts:
    mouth = run.said_at[min(int(end_s * RATE_HZ) // PIECE_SAMPLES, len(run.said_at) - 1)]
    arrived = next(at for at, upto in run.sent if upto >= end)
    began, ended, _ = shown.decoding
    moments = (mouth, arrived, began, ended, shown.at)
    return Parts(*(1000 * (after - before) for before, after in pairwise(moments)))
