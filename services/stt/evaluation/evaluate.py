"""Lets an engine recognise a corpus and counts its errors. Knows no particular engine."""

import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from services.runtime.errors import Internal
from services.stt.engine import Engine, Speech, Transcript
from services.stt.evaluation.corpus import Utterance
from services.stt.evaluation.errors import Count, Errors, errors_of, total


@dataclass(frozen=True, slots=True)
class Result:
    """`audio_s` is the recording's length, `took_s` how long recognising it took."""

    name: str
    heard: str
    errors: Errors
    audio_s: float
    took_s: float


async def evaluate(engine: Engine, corpus: Iterable[Utterance], speech: Speech) -> AsyncIterator[Result]:
    for utterance in corpus:
        began = time.perf_counter()
        transcript = await _transcript(engine, utterance, speech)
        took_s = time.perf_counter() - began
        errors = errors_of(utterance.text, transcript.text)
        yield Result(utterance.recording.name, transcript.text, errors, transcript.duration_s, took_s)


async def _transcript(engine: Engine, utterance: Utterance, speech: Speech) -> Transcript:
    with utterance.recording.open("rb") as recording:
        async with aclosing(engine.transcribe(recording, speech)) as events:
            async for event in events:
                if isinstance(event, Transcript):
                    return event
    raise Internal("STT_NO_TRANSCRIPT", f"The recogniser said nothing about {utterance.recording.name}.")


def table(results: Sequence[Result]) -> list[str]:
    """A line for each recording and one for all; rates in percent, edits in characters."""
    width = max(len(result.name) for result in results)
    heads = (
        f"{'CER':>6} {'CER+sp':>7} {'WER':>6} {'S':>4} {'D':>4} {'I':>4} {'audio s':>8} {'x real time':>11}"
    )
    lines = [f"{'':{width}}  {heads}"]
    lines += [_line(result.name, width, result.errors, result.audio_s, result.took_s) for result in results]
    audio_s, took_s = sum(one.audio_s for one in results), sum(one.took_s for one in results)
    return [*lines, _line("all", width, total(one.errors for one in results), audio_s, took_s)]


def _line(name: str, width: int, errors: Errors, audio_s: float, took_s: float) -> str:
    edits = errors.characters
    characters, spaced = _percent(edits), _percent(errors.characters_with_spaces)
    rates = f"{characters:>6} {spaced:>7} {_percent(errors.eojeols):>6}"
    counts = f"{edits.substitutions:4} {edits.deletions:4} {edits.insertions:4}"
    return f"{name:{width}}  {rates} {counts} {audio_s:8.1f} {audio_s / took_s:11.1f}"


def _percent(count: Count) -> str:
    return f"{100 * count.rate:.2f}"
