"""Shorter forms of what was said: how a model's text must look, and an extract for when there is none."""

from collections.abc import Sequence

from services.session.domain.prompts import PromptTurn
from services.session.domain.text import sentences

MAX_SUMMARY_CHARS = 2000
MAX_DIGEST_LINES, MAX_DIGEST_LINE_CHARS = 12, 160
_TURN_CHARS = 160
_MARKS = "-*•·# \t"


def tidy_digest(text: str) -> str:
    """A model's digest line by line, without marks; "" when it says nothing."""
    lines = [line.strip().lstrip(_MARKS)[:MAX_DIGEST_LINE_CHARS] for line in text.splitlines()]
    return "\n".join([f"- {line}" for line in lines if line][:MAX_DIGEST_LINES])


def tidy_summary(text: str) -> str:
    """A model's summary on one line, cut at the end of a sentence where it is too long."""
    line = " ".join(text.split())
    if len(line) <= MAX_SUMMARY_CHARS:
        return line
    ends = [span.end for span in sentences(line) if span.end <= MAX_SUMMARY_CHARS]
    return line[: ends[-1] if ends else MAX_SUMMARY_CHARS].rstrip()


def extracted_summary(turns: Sequence[PromptTurn], before: str = "") -> str:
    """Each turn's stage and the beginning of its answer, behind what was told before; the oldest go first."""
    told = ([before] if before else []) + [_told(turn) for turn in turns]
    while len(told) > 1 and len(" ".join(told)) > MAX_SUMMARY_CHARS:
        told.pop(0)
    return " ".join(told)[:MAX_SUMMARY_CHARS]


def _told(turn: PromptTurn) -> str:
    answer = " ".join(turn.answer.split())
    kept = answer[:_TURN_CHARS]
    ends = [span.end for span in sentences(answer) if span.end <= _TURN_CHARS]
    said = kept[: ends[-1]] if ends else kept
    return f"{turn.stage.title}: {said}"
