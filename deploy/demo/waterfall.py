"""Where a demonstration's time went, as rows of a table. Measures nothing itself."""

from collections.abc import Iterable, Sequence
from math import ceil

from deploy.demo.interview import Interviewed
from deploy.demo.room import Told

Row = tuple[str, str, str]


def rows(interviews: Sequence[Interviewed]) -> list[Row]:
    """(what, p50, p95); over all interviews, and per stage over the interviews."""
    found = [_row("résumé: upload to ready", (done.resume_s for done in interviews))]
    found += [_row("submit to next question announced", _all_announced(interviews))]
    for place, stage in enumerate(interviews[0].stages if interviews else ()):
        waits = [_announced(done, place) for done in interviews if place < len(done.turns)]
        found.append(_row(f"  {stage}", waits))
    found += [row for row in _heard(interviews) if row[1] != "-"]
    found.append(_row("submit to evaluation stored", _evaluated(interviews)))
    found.append(_row("last answer to report", (d.ended_at - d.turns[-1].submitted_at for d in interviews)))
    found.append(_row("whole interview", (done.ended_at - done.began_at for done in interviews)))
    return found


def _heard(interviews: Sequence[Interviewed]) -> list[Row]:
    """What a candidate waits for, part by part; of what was not seen or heard there is no row."""
    turns = [told for done in interviews for told in done.turns]
    later = [told for done in interviews for told in done.turns[1:]]
    spans = (
        ("start of speech to first caption", turns, "spoke_from", "captioned_at"),
        ("end of speech to answer taken", turns, "spoke_until", "submitted_at"),
        ("answer taken to first words of the next question", later, "waiting_since", "first_word_at"),
        ("answer taken to first sound of the next question", later, "waiting_since", "first_sound_at"),
    )
    return [_row(what, _between(some, start, end)) for what, some, start, end in spans]


def _between(turns: Sequence[Told], start: str, end: str) -> list[float]:
    pairs = ((getattr(told, start), getattr(told, end)) for told in turns)
    return [last - first for first, last in pairs if first is not None and last is not None]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of them do not exceed; `values` are sorted."""
    return values[max(0, ceil(share * len(values)) - 1)]


def spoken(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"


def _announced(done: Interviewed, place: int) -> float:
    """Seconds from the answer before (for the first: from the start) to the question."""
    told = done.turns[place]
    return told.asked_at - told.waiting_since


def _all_announced(interviews: Iterable[Interviewed]) -> list[float]:
    """Without the first question, which follows no answer."""
    return [_announced(done, place) for done in interviews for place in range(1, len(done.turns))]


def _evaluated(interviews: Iterable[Interviewed]) -> list[float]:
    return [
        told.evaluated_at - told.submitted_at
        for done in interviews
        for told in done.turns
        if told.evaluated_at is not None
    ]


def _row(what: str, seconds: Iterable[float]) -> Row:
    values = sorted(seconds)
    if not values:
        return what, "-", "-"
    return what, spoken(percentile(values, 0.5)), spoken(percentile(values, 0.95))
