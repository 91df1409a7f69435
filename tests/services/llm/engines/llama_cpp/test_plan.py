"""Which tokens go into the next step: without a model."""

import pytest

from services.llm.engine import Priority
from services.llm.engines.llama_cpp.plan import Chunk, Job, common, gaps
from tests.services.llm.engines.llama_cpp.script import AHEAD, GRADE, QUESTION, Desk, sizes, upto

pytestmark = pytest.mark.unit


# Steps


def test_nothing_to_do_is_no_step() -> None:
    assert Desk().step() == []


def test_a_prompt_is_computed_in_steps_and_only_its_end_gives_a_token() -> None:
    desk = Desk(step=32)
    job = desk.ask(*upto(70))
    steps = [desk.step(writes=2) for _ in range(4)]
    assert [sizes(chunks)[job] for chunks in steps] == [32, 32, 6, 1]
    assert [chunks[0].output for chunks in steps] == [False, False, True, True]
    assert desk.step() == []


def test_running_texts_get_their_token_first_and_prompts_the_rest_of_a_smaller_budget() -> None:
    desk = Desk(slots=3, step=32, step_decoding=8)
    first, second = desk.ask(1, 2), desk.ask(3, 4)
    desk.step()
    long = desk.ask(*upto(100, 10))
    assert sizes(desk.step()) == {first: 1, second: 1, long: 8}


def test_no_step_is_larger_than_the_batch_that_was_allocated() -> None:
    desk = Desk(slots=8, step=4, step_decoding=4)
    jobs = [desk.ask(number) for number in range(8)]
    for _ in range(3):
        assert sum(sizes(desk.step()).values()) <= 4
    desk.run(writes=3)
    assert all(len(job.tokens) >= 4 for job in jobs)


def test_prompts_of_one_rank_are_computed_in_the_order_in_which_they_came() -> None:
    desk = Desk(slots=2, step=10, step_decoding=8)
    first, second = desk.ask(*upto(15)), desk.ask(*upto(15, 100))
    assert sizes(desk.step()) == {first: 10}
    assert sizes(desk.step()) == {first: 5}
    assert sizes(desk.step()) == {first: 1, second: 8}


def test_another_prompt_is_read_in_part_only_where_half_a_step_is_left_for_it() -> None:
    desk = Desk(slots=3, step=10, step_decoding=8)
    first, second = desk.ask(*upto(14)), desk.ask(*upto(15, 100))
    assert sizes(desk.step()) == {first: 10}
    assert sizes(desk.step()) == {first: 4, second: 4}


def test_whole_prompts_are_read_together_and_one_that_fits_goes_before_one_that_does_not() -> None:
    desk = Desk(slots=4, step=10, step_decoding=10)
    first, second, long, last = (desk.ask(*upto(size, 100 * size)) for size in (3, 4, 20, 2))
    assert sizes(desk.step()) == {first: 3, second: 4, last: 2}
    assert sizes(desk.step()) == {first: 1, second: 1, last: 1, long: 7}


def test_the_prompt_that_comes_first_is_not_kept_waiting_by_those_behind_it() -> None:
    desk = Desk(slots=3, step=100, step_decoding=8)
    first, second, _ = (desk.ask(*upto(20, 100 * number)) for number in (1, 2, 3))
    assert sizes(desk.step()) == {first: 20}
    assert sizes(desk.step()) == {first: 1, second: 8}


# Priorities


def test_a_grade_waits_while_a_question_is_written_and_keeps_what_it_has() -> None:
    desk = Desk(slots=2, step=16, step_decoding=16)
    grade = desk.ask(*upto(20), priority=GRADE)
    desk.step()
    question = desk.ask(*upto(5, 50), priority=QUESTION)
    while question in desk.written:
        assert grade not in sizes(desk.step(writes=3))
    before = desk.computed
    desk.run(writes=1)
    assert desk.computed - before == 20 - 16


def test_reading_ahead_goes_before_grades_and_after_questions() -> None:
    desk = Desk(slots=3)
    jobs = {rank: desk.ask(*upto(4, 10 * rank.value), priority=rank) for rank in (GRADE, QUESTION, AHEAD)}
    order = []
    while desk.written:
        order += [job for job in sizes(desk.step(writes=1)) if job not in order]
    assert order == [jobs[QUESTION], jobs[AHEAD], jobs[GRADE]]


def test_a_question_takes_the_slot_of_a_grade_which_is_computed_again_from_nothing() -> None:
    desk = Desk(slots=1, step=64, step_decoding=32)
    grade = desk.ask(*upto(20), priority=GRADE)
    desk.step()
    question = desk.ask(*upto(5, 50))
    assert sizes(desk.step(writes=1)) == {question: 5}
    assert grade in desk.plan.waiting
    assert sizes(desk.step(writes=2)) == {grade: 21}  # its first word is part of what it goes on from


@pytest.mark.parametrize("priority", [GRADE, AHEAD])
def test_a_step_that_a_question_may_have_to_wait_for_is_small(priority: Priority) -> None:
    desk = Desk(slots=2, step=64, step_decoding=8)
    behind = desk.ask(*upto(60), priority=priority)
    assert sizes(desk.step()) == {behind: 8}
    question = desk.ask(*upto(60, 100))
    assert sizes(desk.step()) == {question: 60}


def test_no_job_takes_the_slot_of_its_own_rank() -> None:
    desk = Desk(slots=1)
    first, second = desk.ask(*upto(4)), desk.ask(*upto(4, 50))
    desk.step()
    assert set(sizes(desk.step())) == {first}
    assert second in desk.plan.waiting


# Ends


def test_what_is_forgotten_is_gone_from_slots_and_from_the_parked() -> None:
    desk = Desk(slots=1, park=10_000)
    for key in ("parked", "held"):
        desk.ask(*upto(20), key=key)
        desk.run()
    assert desk.plan.forget("parked")
    assert desk.plan.forget("held")
    assert not desk.plan.forget("held")
    assert (desk.plan.kept_tokens, desk.plan.parked_bytes) == (0, 0)


def test_a_running_job_whose_key_is_forgotten_keeps_nothing_when_it_ends() -> None:
    desk = Desk()
    running = desk.ask(*upto(20), key="erased")
    desk.step()
    assert desk.plan.forget("erased")
    desk.end(running)
    assert desk.plan.kept_tokens == 0
    desk.check()


def test_a_cancelled_job_gives_its_slot_to_who_waits_in_the_next_step() -> None:
    desk = Desk(slots=1)
    leaving, waiting = desk.ask(*upto(90)), desk.ask(*upto(4, 200))
    desk.step()
    desk.end(leaving)
    assert set(sizes(desk.step())) == {waiting}


def test_a_job_that_was_never_placed_can_be_ended() -> None:
    desk = Desk(slots=1)
    desk.ask(*upto(90))
    waiting = desk.ask(*upto(4, 200))
    desk.end(waiting)
    desk.run()
    desk.check()


def test_what_is_not_computed_yet_pushes_no_conversation_out_of_its_slot() -> None:
    desk = Desk(slots=2, step_decoding=16, park=1000)
    desk.ask(*upto(10), key="idle")
    desk.run()
    question = desk.ask(*upto(20, 50))
    grade = desk.ask(*upto(10, 90), priority=GRADE)
    for _ in range(3):
        assert sizes(desk.step()).keys() == {question}
    assert any(slot.key == "idle" for slot in desk.plan.slots)
    assert desk.cells.saved == 0
    desk.end(question)
    assert sizes(desk.step()) == {grade: 10}


# Faults


def test_without_room_an_idle_conversation_goes_and_the_step_is_made_smaller() -> None:
    desk = Desk(slots=2, step=32)
    desk.ask(*upto(10), key="idle")
    desk.run()
    job = desk.ask(*upto(60, 100))
    assert len(desk.plan.next_batch()[0].tokens) == 32
    assert desk.plan.no_room() is None
    desk.check()
    assert not any(slot.key == "idle" for slot in desk.plan.slots)
    assert sizes(desk.step()) == {job: 16}
    assert sizes(desk.step()) == {job: 32}


def test_without_room_and_without_idle_ones_the_last_in_rank_waits_and_nobody_fails() -> None:
    desk = Desk(slots=2)
    grade = desk.ask(*upto(10, 50), priority=GRADE)
    desk.step()
    question = desk.ask(*upto(10))
    desk.plan.next_batch()
    assert desk.plan.no_room() is grade
    desk.run(writes=2)
    assert len(question.tokens) == len(grade.tokens) == 12


def test_a_job_alone_without_room_is_tried_in_ever_smaller_steps() -> None:
    desk = Desk(slots=1, step=32)
    desk.ask(*upto(60))
    tried = []
    for _ in range(7):
        tried.append(len(desk.plan.next_batch()[0].tokens))
        assert desk.plan.no_room() is None
    assert tried == [32, 16, 8, 4, 2, 1, 1]


def test_after_a_step_that_broke_off_what_is_missing_is_computed_again() -> None:
    desk = Desk(step=32)
    job = desk.ask(*upto(60))
    desk.step()
    (chunk,) = desk.plan.next_batch()
    desk.cells.held[chunk.slot] += chunk.tokens[:5]  # more than was told
    desk.plan.reconcile(chunk.slot, 37)
    desk.check()
    desk.cells.held[chunk.slot] = desk.cells.held[chunk.slot][:10]  # less than was told
    desk.plan.reconcile(chunk.slot, 10)
    assert sizes(desk.step()) == {job: 32}
    desk.run(writes=2)
    assert len(job.tokens) == 62


@pytest.mark.parametrize(
    ("left", "right", "length"),
    [([], [1], 0), ([1, 2, 3], [1, 2, 4], 2), ([1, 2], [1, 2, 3], 2), ([9], [1], 0)],
)
def test_the_common_beginning_of_two_prompts(left: list[int], right: list[int], length: int) -> None:
    assert common(left, right) == common(right, left) == length


@pytest.mark.parametrize(
    ("writing", "reading", "between"),
    [
        ([0, 2], [], [1]),
        ([0, 5, 7], [], [1, 2, 3, 4, 6]),
        ([0, 6], [], []),  # too wide
        ([0, 1], [], []),
        ([0, 3], [2], [1]),  # slot 2 computes tokens anyway
        ([], [0, 2], []),
        ([4], [], []),
    ],
)
def test_idle_slots_between_those_that_write_are_gaps_unless_there_are_many(
    writing: list[int], reading: list[int], between: list[int]
) -> None:
    job = Job([1], QUESTION)
    sizes_of = dict.fromkeys(writing, 1) | dict.fromkeys(reading, 2)
    chunks = [Chunk(slot, job, 0, [1] * size, output=True) for slot, size in sorted(sizes_of.items())]
    assert gaps(chunks) == between


def test_chunks_come_in_the_order_of_their_slots_whatever_their_rank() -> None:
    desk = Desk(slots=3)
    jobs = [desk.ask(*upto(4, 100 * n), key=str(n)) for n in range(3)]
    desk.run(writes=1)
    for key in ("2", "0", "1"):
        desk.ask(jobs[int(key)].tokens, key=key)
    assert [chunk.slot for chunk in desk.plan.next_batch()] == [0, 1, 2]
