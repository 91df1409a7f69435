"""The pure rules of batching, on all kinds of queues."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.embed.lanes import BatchRules, Job, Lane, Lanes, cut

pytestmark = pytest.mark.unit

lengths = st.lists(st.integers(1, 300), max_size=40).map(lambda found: sorted(found, reverse=True))
rules_of_any_size = st.builds(
    BatchRules,
    max_tokens=st.integers(1, 600),
    max_texts=st.integers(1, 16),
    overhead_tokens=st.integers(0, 100),
    bulk_every=st.integers(1, 5),
)
jobs = st.lists(
    st.builds(Job, lane=st.sampled_from(Lane), tokens=st.lists(st.integers(1, 200), min_size=1, max_size=12)),
    max_size=12,
)


def cost(found, groups, rules):
    return sum(rules.overhead_tokens + (g.stop - g.start) * found[g.start] for g in groups)


def is_allowed(found, group, rules):
    size = group.stop - group.start
    return size == 1 or (size <= rules.max_texts and size * found[group.start] <= rules.max_tokens)


def all_cuts(count):
    for edges in itertools.product([False, True], repeat=max(count - 1, 0)):
        stops = [i + 1 for i, edge in enumerate(edges) if edge] + [count]
        yield [slice(a, b) for a, b in zip([0, *stops], stops, strict=False)]


@given(lengths, rules_of_any_size)
def test_a_cut_holds_every_text_once_and_keeps_the_limits(found, rules):
    groups = cut(found, rules)
    assert [i for g in groups for i in range(g.start, g.stop)] == list(range(len(found)))
    assert all(is_allowed(found, group, rules) for group in groups)


@given(st.lists(st.integers(1, 100), min_size=1, max_size=8), rules_of_any_size)
def test_no_other_cut_is_cheaper(found, rules):
    found = sorted(found, reverse=True)
    allowed = [c for c in all_cuts(len(found)) if all(is_allowed(found, g, rules) for g in c)]
    assert cost(found, cut(found, rules), rules) == min(cost(found, c, rules) for c in allowed)


@given(jobs, rules_of_any_size)
def test_every_text_is_taken_exactly_once(waiting, rules):
    lanes = Lanes(rules)
    for job in waiting:
        lanes.add(job)
    taken = list(drain(lanes))
    assert sorted((id(p.job), p.index) for batch in taken for p in batch) == sorted(
        (id(job), index) for job in waiting for index in range(len(job.tokens))
    )
    assert all(len({p.job.lane for p in batch}) == 1 for batch in taken)


@given(jobs, rules_of_any_size)
def test_every_batch_holds_the_oldest_text_of_its_lane(waiting, rules):
    lanes = Lanes(rules)
    order = [(job, index) for job in waiting for index in range(len(job.tokens))]
    for job in waiting:
        lanes.add(job)
    for batch in drain(lanes):
        lane = batch[0].job.lane
        oldest = next(entry for entry in order if entry[0].lane is lane)
        members = [(p.job, p.index) for p in batch]
        assert oldest in members
        order = [entry for entry in order if entry not in members]


@given(jobs, rules_of_any_size)
def test_bulk_waits_for_no_more_interactive_batches_than_the_rule_says(waiting, rules):
    lanes = Lanes(rules)
    for job in waiting:
        lanes.add(job)
    bulk_left = sum(len(job.tokens) for job in waiting if job.lane is Lane.BULK)
    in_a_row = 0
    for batch in drain(lanes):
        is_bulk = batch[0].job.lane is Lane.BULK
        in_a_row = 0 if is_bulk else in_a_row + 1
        bulk_left -= len(batch) if is_bulk else 0
        assert not bulk_left or in_a_row <= rules.bulk_every


def test_interactive_goes_before_bulk_that_came_earlier():
    lanes = Lanes(BatchRules(max_texts=1))
    bulk, interactive = Job(Lane.BULK, [5, 5]), Job(Lane.INTERACTIVE, [5])
    lanes.add(bulk)
    lanes.add(interactive)
    assert [batch[0].job for batch in drain(lanes)] == [interactive, bulk, bulk]


def test_an_abandoned_job_never_enters_a_batch():
    lanes = Lanes(BatchRules())
    gone, stays = Job(Lane.INTERACTIVE, [3, 3]), Job(Lane.INTERACTIVE, [3])
    lanes.add(gone)
    lanes.add(stays)
    gone.abandoned = True
    taken = lanes.take(now=0)
    assert [p.job for p in taken.pieces] == [stays]
    assert taken.dropped_texts == 2


def test_a_job_past_its_deadline_is_told_once_and_never_computed():
    lanes = Lanes(BatchRules())
    late = Job(Lane.BULK, [3, 3], deadline=5.0)
    lanes.add(late)
    taken = lanes.take(now=5.0)
    assert (taken.expired, taken.pieces) == ([late], [])
    assert lanes.take(now=6.0).expired == []


def test_texts_of_one_length_are_batched_together_rather_than_padded():
    choose = random.Random(1)
    lanes = Lanes(BatchRules(max_tokens=1024, overhead_tokens=24))
    mixed = [10] * 16 + [250] * 4
    choose.shuffle(mixed)
    for tokens in mixed:
        lanes.add(Job(Lane.INTERACTIVE, [tokens]))
    batches = [[p.tokens for p in batch] for batch in drain(lanes)]
    assert sorted(map(len, batches)) == [4, 16]
    assert all(len(set(batch)) == 1 for batch in batches)


def drain(lanes):
    while (taken := lanes.take(now=0.0)).pieces:
        yield taken.pieces
