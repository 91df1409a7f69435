"""Which texts are computed next: two lanes, batches of similar length, nobody starved.

Pure: no clock, no event loop, no engine; `now` is an argument, in seconds on any monotonic clock.

The rules:
1. The interactive lane goes first, but after `bulk_every` interactive batches in a row a waiting bulk text
   gets one batch.
2. Every batch holds the oldest text of its lane, so each text is computed after a bounded number of batches.
3. The others in it are those waiting in the same lane that fit it best by length (see `cut`).
4. Texts of abandoned or expired jobs never enter a batch.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar


class Lane(Enum):
    INTERACTIVE = "interactive"
    BULK = "bulk"


@dataclass(frozen=True, slots=True)
class BatchRules:
    """Sizes in tokens, padding included; `overhead_tokens` is what a batch costs beside its tokens."""

    max_tokens: int = 1024
    max_texts: int = 64
    overhead_tokens: int = 24
    bulk_every: int = 4


@dataclass(eq=False, slots=True)
class Job:
    """The texts of one request, by their lengths in tokens; `deadline` None = it can wait for ever."""

    lane: Lane
    tokens: Sequence[int]
    deadline: float | None = None
    abandoned: bool = False


JobT = TypeVar("JobT", bound=Job)


@dataclass(frozen=True, slots=True)
class Piece(Generic[JobT]):
    """One text of a job."""

    job: JobT
    index: int

    @property
    def tokens(self) -> int:
        return self.job.tokens[self.index]


@dataclass(slots=True)
class Taken(Generic[JobT]):
    """What to compute now, and the jobs to tell that their deadline has passed."""

    pieces: list[Piece[JobT]] = field(default_factory=list)
    expired: list[JobT] = field(default_factory=list)
    dropped_texts: int = 0


class Lanes(Generic[JobT]):
    """The texts that wait."""

    def __init__(self, rules: BatchRules) -> None:
        self._rules = rules
        self._waiting: dict[Lane, deque[Piece[JobT]]] = {lane: deque() for lane in Lane}
        self._interactive_in_a_row = 0

    def add(self, job: JobT) -> None:
        self._waiting[job.lane].extend(Piece(job, index) for index in range(len(job.tokens)))

    def waiting_tokens(self, lane: Lane) -> int:
        """Tokens that are computed before a text that joins `lane` now (bulk's share not counted)."""
        lanes = [Lane.INTERACTIVE] if lane is Lane.INTERACTIVE else list(Lane)
        return sum(piece.tokens for lane in lanes for piece in self._waiting[lane])

    def take(self, now: float) -> Taken[JobT]:
        """Removes the next batch; no pieces when nothing waits."""
        taken: Taken[JobT] = Taken()
        for lane in Lane:
            self._drop_dead(lane, now, taken)
        lane = self._next_lane()
        if self._waiting[lane]:
            taken.pieces = self._take_from(self._waiting[lane])
            self._interactive_in_a_row = self._interactive_in_a_row + 1 if lane is Lane.INTERACTIVE else 0
        return taken

    def _next_lane(self) -> Lane:
        bulk_is_due = self._interactive_in_a_row >= self._rules.bulk_every
        if self._waiting[Lane.BULK] and (bulk_is_due or not self._waiting[Lane.INTERACTIVE]):
            return Lane.BULK
        return Lane.INTERACTIVE

    def _drop_dead(self, lane: Lane, now: float, taken: Taken[JobT]) -> None:
        """A dead job's texts are all dropped; texts of the living keep their order."""
        alive: deque[Piece[JobT]] = deque()
        for piece in self._waiting[lane]:
            job = piece.job
            if not job.abandoned and job.deadline is not None and job.deadline <= now:
                job.abandoned = True
                taken.expired.append(job)
            if job.abandoned:
                taken.dropped_texts += 1
            else:
                alive.append(piece)
        self._waiting[lane] = alive

    def _take_from(self, waiting: deque[Piece[JobT]]) -> list[Piece[JobT]]:
        window = [waiting.popleft() for _ in range(min(len(waiting), 2 * self._rules.max_texts))]
        oldest = window[0]
        by_length = sorted(window, key=lambda piece: -piece.tokens)
        groups = cut([piece.tokens for piece in by_length], self._rules)
        chosen = next(group for group in groups if oldest in by_length[group])
        batch = set(by_length[chosen])
        waiting.extendleft(piece for piece in reversed(window) if piece not in batch)
        return by_length[chosen]


def cut(lengths: Sequence[int], rules: BatchRules) -> list[slice]:
    """Cuts lengths, sorted longest first, into the neighbouring groups that cost least together.

    A group costs its overhead plus size x longest, the padding included, and keeps within the rules; a text
    longer than `max_tokens` stands alone. Exact, by dynamic programming over prefixes.
    """
    best = [0] + [0] * len(lengths)
    start_of = [0] * (len(lengths) + 1)
    for end in range(1, len(lengths) + 1):
        options = (
            (best[start] + _cost(lengths, start, end, rules), start) for start in _starts(lengths, end, rules)
        )
        best[end], start_of[end] = min(options)
    groups: list[slice] = []
    end = len(lengths)
    while end:
        groups.append(slice(start_of[end], end))
        end = start_of[end]
    return groups[::-1]


def _cost(lengths: Sequence[int], start: int, end: int, rules: BatchRules) -> int:
    return rules.overhead_tokens + (end - start) * lengths[start]


def _starts(lengths: Sequence[int], end: int, rules: BatchRules) -> list[int]:
    lowest = max(0, end - rules.max_texts)
    return [
        start
        for start in range(lowest, end)
        if start == end - 1 or (end - start) * lengths[start] <= rules.max_tokens
    ]
