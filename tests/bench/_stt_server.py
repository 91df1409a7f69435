"""A recogniser's server for the bench: understands like the trained model, costs like a large one.

    python -m tests.bench._stt_server KIND [COSTLY]

KIND: ours, padded (30 seconds of context) or naive (a cut every two seconds). COSTLY is the folder of a model
with random weights: whatever the trained model encodes or says, that one encodes or says in the same length.
Prints its port.
"""

import asyncio
import math
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from services.stt.config import Settings
from services.stt.engines.ctranslate2 import engine as engines
from services.stt.engines.ctranslate2.decoder import Context
from services.stt.engines.ctranslate2.engine import Limits, WhisperEngine
from services.stt.engines.ctranslate2.whisper import Generated, ModelOptions, Whisper
from services.stt.listening.audio import Samples
from services.stt.listening.listener import Listener
from services.stt.server import build
from tests.bench._stt_naive import NaiveListener
from tests.fixtures.whisper_ko.spoken import MODEL
from tests.services.rooms import TOKEN

MANY = 100
# Counted with the vocabulary of OpenAI's multilingual models over the 63 sentences of the fixture: 912 tokens
# for 1,141 syllables. The trained model has a vocabulary of its own, which spells them in half as many.
TOKENS_PER_SYLLABLE = 0.8
_SYLLABLE = re.compile(r"[가-힣]")


def real_tokens(text: str) -> int:
    return math.ceil(len(_SYLLABLE.findall(text)) * TOKENS_PER_SYLLABLE)


class Twice(NamedTuple):
    trained: Any
    costly: Any


class CostlyWhisper(Whisper):
    """Every call is made of both models; the answer is the trained one's."""

    def __init__(self, options: ModelOptions, costly: Path) -> None:
        super().__init__(options)
        self._costly = Whisper(ModelOptions(costly, options.device, options.compute_type, options.threads))

    def encode(self, features: Samples, frames: int) -> Twice:
        return Twice(super().encode(features, frames), self._costly.encode(features, frames))

    def generate(
        self, encoded: Twice, prompt: Sequence[int], cap: int, temperature: float = 0.0
    ) -> Generated:
        said = super().generate(encoded.trained, prompt, cap, temperature)
        count = real_tokens(self._tokenizer.decode(said.tokens)) + 1
        self._costly.generate_exactly(encoded.costly, self._costly_prompt(prompt), count)
        return said

    def generate_exactly(self, encoded: Twice, prompt: Sequence[int], count: int) -> None:
        self._costly.generate_exactly(encoded.costly, self._costly_prompt(prompt), count)

    def align(self, encoded: Twice, head: Sequence[int], tokens: Sequence[int], frames: int) -> Any:
        count = real_tokens(self._tokenizer.decode(list(tokens)))
        costly_head = self._costly.head(next(iter(self._costly.languages)))
        self._costly.align(encoded.costly, costly_head, range(1, count + 1), frames)
        return super().align(encoded.trained, head, tokens, frames)

    def _costly_prompt(self, prompt: Sequence[int]) -> tuple[int, ...]:
        """What was said before is read at once; words that are given cost as much as words that are found."""
        before = list(prompt[: list(prompt).index(self._start)])
        count = real_tokens(self._tokenizer.decode(before))
        return self._costly.prompt(next(iter(self._costly.languages)), (), range(1, count + 1))


def engine_of(kind: str, costly: Path | None, streams: int = 0) -> WhisperEngine:
    """One at a time in a process."""
    context = Context(margin_s=None) if kind == "padded" else None
    whisper = (lambda options: CostlyWhisper(options, costly)) if costly else Whisper
    engines.Listener = NaiveListener if kind == "naive" else Listener
    with patch.object(engines, "Whisper", whisper):
        return WhisperEngine(ModelOptions(MODEL, device="cpu"), context, Limits(streams))


async def serve(kind: str, costly: Path | None) -> None:
    engine = engine_of(kind, costly)
    print(engine.status().max_streams, flush=True)
    engine._max_streams = MANY  # all that are asked for are followed, to see what becomes of them
    server = build(engine, Settings(listen="127.0.0.1:0", mesh_token=TOKEN, log_level="error", drain_s=0.0))
    await server.start()
    print(server.port, flush=True)
    try:
        await asyncio.to_thread(sys.stdin.read)
    finally:
        await server.stop()
        await engine.aclose()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else None))
