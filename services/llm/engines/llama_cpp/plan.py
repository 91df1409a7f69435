"""Decides which tokens are computed next, in which slot, and what is kept. Knows neither model nor text."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

from services.llm.engine import Priority
from services.llm.engines.llama_cpp.pace import Pace

WORTH_COPYING = 16  # tokens; below it computing is as fast as copying
WORTH_BEGINNING = 0.5  # of a step's tokens of prompts; with less no further prompt is read in part
WIDEST_GAP = 4  # slots; on two cores a token costs about a seventh of a pass


class Memory(Protocol):
    """The KV cache of all slots. A length counts tokens from the start of a slot."""

    def cut(self, slot: int, length: int) -> bool:
        """Drops what follows `length`; False when this cache cannot be cut there (then it is unchanged)."""
        ...

    def copy(self, source: int, target: int, length: int) -> bool:
        """Makes the empty `target` hold the first tokens of `source`; else False, and it is empty."""
        ...

    def save(self, slot: int) -> bytes: ...

    def load(self, slot: int, state: bytes) -> bool:
        """Fills the empty slot; False when there is no room (then it is empty)."""
        ...


@dataclass(eq=False)
class Job:
    """Tokens to compute under a key; a job that `decodes` wants the token that follows, again and again.

    The first `shared` tokens may be taken from other conversations.
    """

    tokens: list[int]
    priority: Priority
    key: str = ""
    shared: int = 0
    decodes: bool = True
    order: int = 0
    cached: int = 0
    started: bool = False
    prompt: int = 0

    def __post_init__(self) -> None:
        self.prompt = len(self.tokens)

    @property
    def rank(self) -> tuple[int, int]:
        return self.priority.value, self.order


@dataclass(eq=False)
class Slot:
    """`tokens` are those whose KV the memory holds; `fresh`: copied into, and no step since."""

    id: int
    tokens: list[int] = field(default_factory=list)
    key: str = ""
    job: Job | None = None
    used: int = 0
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Chunk:
    """Tokens to compute at positions from `start`; with `output` the last one's logits are wanted."""

    slot: int
    job: Job
    start: int
    tokens: list[int]
    output: bool


class Plan:
    """Slots, waiting jobs and parked states. Every method runs between two steps."""

    def __init__(self, memory: Memory, *, slots: int, step: int, pace: Pace, park_bytes: int = 0) -> None:
        """A step computes at most `step` tokens; of prompts what `pace` allows, if somebody waits for it."""
        self.slots = [Slot(number) for number in range(slots)]
        self.waiting: list[Job] = []
        self.parked: OrderedDict[str, tuple[list[int], bytes]] = OrderedDict()
        self._memory, self._park_bytes = memory, park_bytes
        self._step, self.pace = step, pace
        self._orders = self._uses = 0
        self._shrink = 1

    def add(self, job: Job) -> None:
        self._orders += 1
        job.order = self._orders
        self.waiting.append(job)

    def next_batch(self) -> list[Chunk]:
        """Places jobs and cuts this step's chunks: running texts first, then prompts in order of rank."""
        self._place()
        active = sorted(((slot.job, slot) for slot in self.slots if slot.job), key=lambda each: each[0].rank)
        if not active:
            return []
        first = active[0][0].priority
        ready = [(job, slot) for job, slot in active if job.priority is first]
        writing = [(job, slot) for job, slot in ready if _left(job, slot) == 1 and job.decodes]
        reading = [(job, slot) for job, slot in ready if not (_left(job, slot) == 1 and job.decodes)]
        running = any(len(job.tokens) > job.prompt for job, _ in writing)
        most = self.pace.tokens(len(writing))
        if reading and first is Priority.INTERACTIVE and not running:
            most = max(most, _left(*reading[0]))  # nobody waits for the step but who comes next
        budget = max(min(most, self._step) // self._shrink, 1)
        chunks = [_chunk(job, slot, 1) for job, slot in writing[: self._step]]
        budget = left = min(budget, self._step - len(chunks))
        for number, (job, slot) in enumerate(reading):
            if left <= 0:
                break
            # A pass over the weights takes as many tokens of each sequence: a small piece of another
            # prompt would cost a pass of its own.
            if number and left < min(_left(job, slot), budget * WORTH_BEGINNING):
                continue
            chunks.append(_chunk(job, slot, left))
            left -= len(chunks[-1].tokens)
        return sorted(chunks, key=lambda chunk: chunk.slot)  # see `gaps`

    def computed(self, chunks: Sequence[Chunk]) -> None:
        """The step was done: its tokens are in the memory."""
        self._shrink = 1
        for chunk in chunks:
            slot = self.slots[chunk.slot]
            slot.tokens += chunk.tokens
            slot.fresh = False
            self._touch(slot)

    def no_room(self) -> Job | None:
        """The memory had no place for the step. Frees some; the job that is evicted when nothing is idle."""
        self._shrink = min(self._shrink * 2, self._step)
        idle = [slot for slot in self.slots if slot.job is None and slot.tokens]
        if idle:
            self._drop(min(idle, key=lambda slot: slot.used))
            return None
        busy = [slot for slot in self.slots if slot.job]
        return self._evict(max(busy, key=_rank)) if len(busy) > 1 else None

    def reconcile(self, slot: int, length: int) -> None:
        """After a step that broke off the memory holds `length` tokens: the rest is computed again."""
        found = self.slots[slot]
        if length > len(found.tokens) and not self._memory.cut(slot, len(found.tokens)):
            length = 0
        del found.tokens[length:]
        if not found.tokens:
            self._memory.cut(slot, 0)

    def end(self, job: Job) -> None:
        """The job is over, in whatever state: its slot keeps what its key allows."""
        if job in self.waiting:
            self.waiting.remove(job)
        for slot in self.slots:
            if slot.job is job:
                slot.job = None
                self._keep(slot, job)

    def forget(self, key: str) -> bool:
        """Drops all that is kept under the key; a running job keeps nothing when it ends."""
        found = self.parked.pop(key, None) is not None
        for job in [*self.waiting, *(slot.job for slot in self.slots if slot.job)]:
            if job.key == key:
                job.key, found = "", True
        for slot in self.slots:
            if slot.job is None and slot.key == key:
                self._drop(slot)
                found = True
        return found

    def known(self, job: Job) -> int:
        """Tokens of the job that need not be computed, as far as can be told now. Any thread may ask."""
        own = [common(slot.tokens, job.tokens) for slot in self.slots if slot.key == job.key and job.key]
        shared = [min(common(slot.tokens, job.tokens), job.shared) for slot in self.slots]
        parked = self.parked.get(job.key)
        return max([0, *own, *shared, common(parked[0], job.tokens) if parked else 0])

    @property
    def kept_tokens(self) -> int:
        return sum(len(slot.tokens) for slot in self.slots)

    @property
    def parked_bytes(self) -> int:
        return sum(len(state) for _, state in self.parked.values())

    # Placing

    def _place(self) -> None:
        for job in sorted(self.waiting, key=lambda each: each.rank):
            if any(slot.job and slot.job.priority.value < job.priority.value for slot in self.slots):
                return  # nothing of it is computed now, and its place may be of use to others
            if self._computed_elsewhere(job):
                continue
            slot = self._slot_for(job)
            if slot is None:
                return
            self.waiting.remove(job)
            self._fill(slot, job)
            slot.job, slot.key = job, job.key
            self._touch(slot)

    def _computed_elsewhere(self, job: Job) -> bool:
        """Another job of no lower rank computes the shared prefix just now: wait, then copy it."""
        if job.shared < WORTH_COPYING or job.started:
            return False
        for slot in self.slots:
            other = slot.job
            behind = other and len(slot.tokens) < min(job.shared, len(other.tokens))
            if other and behind and other.rank < job.rank and same(other, job):
                return True
        return False

    def _slot_for(self, job: Job) -> Slot | None:
        idle = [slot for slot in self.slots if slot.job is None]
        for slot in idle:
            if job.key and slot.key == job.key:
                return slot
        if idle:
            slot = min(idle, key=lambda each: (bool(each.tokens), each.used))
            self._park(slot)
            return slot
        lowest = max(self.slots, key=_rank)
        if lowest.job is None or lowest.job.priority.value <= job.priority.value:
            return None
        self._evict(lowest)
        self._drop(lowest)
        return lowest

    def _fill(self, slot: Slot, job: Job) -> None:
        """Brings the longest known beginning into the slot; one token at least is left to compute."""
        goal = len(job.tokens) - 1
        own = min(common(slot.tokens, job.tokens), goal) if slot.key == job.key and job.key else 0
        self._cut(slot, own)
        self._unpark(slot, job, goal)
        donor = max(self.slots, key=lambda each: common(each.tokens, job.tokens) if each is not slot else -1)
        given = min(common(donor.tokens, job.tokens), job.shared, goal) if donor is not slot else 0
        if given >= len(slot.tokens) + WORTH_COPYING:
            self._cut(slot, 0)
            if self._memory.copy(donor.id, slot.id, given):
                slot.tokens, slot.fresh = job.tokens[:given], True
        if not job.started:
            job.started, job.cached = True, len(slot.tokens)

    def _unpark(self, slot: Slot, job: Job, goal: int) -> None:
        if not job.key or job.key not in self.parked:
            return
        tokens, state = self.parked.pop(job.key)
        same = min(common(tokens, job.tokens), goal)
        if same <= len(slot.tokens):
            return
        self._cut(slot, 0)
        if self._memory.load(slot.id, state):
            slot.tokens = tokens
            self._cut(slot, same)

    def _park(self, slot: Slot) -> None:
        """Takes the state of an idle conversation out of its slot, within the budget of bytes."""
        if slot.key and slot.tokens and not slot.fresh and self._park_bytes:
            state = self._memory.save(slot.id)
            if state and len(state) <= self._park_bytes:
                self.parked.pop(slot.key, None)
                self.parked[slot.key] = (slot.tokens, state)
                while self.parked_bytes > self._park_bytes:
                    self.parked.popitem(last=False)
        self._drop(slot)

    def _evict(self, slot: Slot) -> Job:
        job, slot.job = slot.job, None
        if job is None:
            raise ValueError("nothing runs in this slot")
        self.waiting.append(job)
        self._keep(slot, job)
        return job

    def _keep(self, slot: Slot, job: Job) -> None:
        if not job.key:
            slot.key = ""
            self._cut(slot, min(job.shared, common(slot.tokens, job.tokens)))
            return
        for other in self.slots:
            if other is not slot and other.job is None and other.key == job.key:
                self._drop(other)
        slot.key = job.key

    def _drop(self, slot: Slot) -> None:
        self._cut(slot, 0)
        slot.key, slot.tokens = "", []

    def _cut(self, slot: Slot, length: int) -> None:
        if length >= len(slot.tokens):
            return
        if not self._memory.cut(slot.id, length):
            self._memory.cut(slot.id, length := 0)
        slot.tokens = slot.tokens[:length]

    def _touch(self, slot: Slot) -> None:
        self._uses += 1
        slot.used = self._uses


def gaps(chunks: Sequence[Chunk]) -> list[int]:
    """The slots between those that write one token each, which join them if they compute a token too.

    With a buffer for each slot llama.cpp takes only neighbours, in this order, in one pass over the weights:
    slots 0 and 2 cost two passes, and 0, 1 and 2 one. Where a gap is wide another pass costs less.
    """
    writing = [chunk.slot for chunk in chunks if len(chunk.tokens) == 1]
    between = [range(left + 1, right) for left, right in pairwise(writing)]
    busy = {chunk.slot for chunk in chunks}
    return [slot for gap in between if len(gap) <= WIDEST_GAP for slot in gap if slot not in busy]


def common(left: Sequence[int], right: Sequence[int]) -> int:
    """Length of the common beginning."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _left(job: Job, slot: Slot) -> int:
    return len(job.tokens) - len(slot.tokens)


def _rank(slot: Slot) -> tuple[int, int]:
    return slot.job.rank if slot.job else (0, 0)


def _chunk(job: Job, slot: Slot, most: int) -> Chunk:
    start = len(slot.tokens)
    tokens = job.tokens[start : start + most]
    return Chunk(slot.id, job, start, tokens, job.decodes and start + len(tokens) == len(job.tokens))


def same(one: Job, other: Job) -> bool:
    """Whether both begin with the tokens that `other` shares."""
    return one.tokens[: other.shared] == other.tokens[: other.shared]
