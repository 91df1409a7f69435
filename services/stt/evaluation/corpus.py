"""A folder of recordings and what is said in them. Knows no recogniser.

Texts stand in one `transcripts.json` (file name: text), or each in a .txt beside its recording.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.runtime.errors import InvalidArgument, NotFound

TRANSCRIPTS = "transcripts.json"
LAYOUT = f"put a {TRANSCRIPTS} (file name: text) beside the recordings, or a .txt for each with its name"


@dataclass(frozen=True, slots=True)
class Utterance:
    """A recording in any container that FFmpeg reads, and the text that is said in it."""

    recording: Path
    text: str


def read_corpus(folder: Path) -> list[Utterance]:
    """By name. Raises NotFound without a pair, InvalidArgument for a text whose recording is not there."""
    listed = folder / TRANSCRIPTS
    found = sorted(_listed(listed) if listed.exists() else _paired(folder), key=lambda one: one.recording)
    if not found:
        raise NotFound("STT_NO_CORPUS", f"No recording with a text is in {folder}.", remedy=LAYOUT)
    return found


def _listed(transcripts: Path) -> Iterator[Utterance]:
    try:
        texts = json.loads(transcripts.read_text())
    except ValueError as error:
        raise InvalidArgument.of(str(transcripts), f"is no JSON: {error}") from error
    if not (isinstance(texts, dict) and all(isinstance(text, str) for text in texts.values())):
        raise InvalidArgument.of(str(transcripts), "is no object of file name: text")
    for name, text in texts.items():
        recording = transcripts.parent / name
        if not recording.is_file():
            raise InvalidArgument.of(str(transcripts), f"names {name}, and there is no such file beside it")
        yield Utterance(recording, text)


def _paired(folder: Path) -> Iterator[Utterance]:
    for text in folder.glob("*.txt"):
        others = [path for path in folder.glob(f"{text.stem}.*") if path != text]
        if len(others) != 1:
            raise InvalidArgument.of(str(text), f"needs exactly one recording beside it, {len(others)} are")
        yield Utterance(others[0], text.read_text().strip())
