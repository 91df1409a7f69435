"""Which tokens go into the next step, and what is kept: without a model."""

import pytest

from services.llm.engine import Priority
from services.llm.engines.llama_cpp.plan import Chunk, Job, common, gaps
from tests.services.llm.engines.llama_cpp.script import AHEAD, GRADE, QUESTION, Desk

pytestmark = pytest.mark.unit


def sizes(chunks: list[Chunk]) -> dict[Job, int]:
    return {chunk.job: len(chunk.tokens) for chunk in chunks}


def upto(count: int, start: int = 0) -> range:
    return range(start, start + count)


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


# What is kept


def test_the_next_turn_computes_only_what_is_new() -> None:
    desk = Desk()
    job = desk.ask(*upto(20), key="interview")
    desk.run(writes=3)
    assert sizes(desk.step()) == {}
    following = desk.ask(*job.tokens, 90, 91, key="interview")
    assert desk.plan.known(following) == len(job.tokens) - 1
    assert sizes(desk.step(writes=1)) == {following: 3}


def test_no_step_is_empty_when_all_of_a_prefill_was_computed_while_it_waited() -> None:
    desk = Desk(slots=2)
    desk.read(*upto(30), shared=30)
    desk.run()
    later = desk.read(*upto(30), shared=30)
    assert sizes(desk.step()) == {later: 1}
    assert later not in desk.written


def test_a_history_that_was_changed_is_cut_back_to_what_both_have() -> None:
    desk = Desk()
    desk.ask(*upto(20), key="interview")
    desk.run()
    changed = desk.ask(*upto(12), *upto(5, 70), key="interview")
    assert sizes(desk.step()) == {changed: 5}


def test_a_memory_that_cannot_be_cut_computes_all_of_it_again() -> None:
    desk = Desk(can_cut=False)
    desk.ask(*upto(20), key="interview")
    desk.run()
    changed = desk.ask(*upto(12), *upto(5, 70), key="interview")
    assert sizes(desk.step()) == {changed: 17}


def test_the_same_prompt_again_computes_its_last_token_for_there_is_none_to_draw_from() -> None:
    desk = Desk()
    desk.ask(*upto(20), key="interview")
    desk.run()
    assert set(sizes(desk.step())) == set()
    again = desk.ask(*upto(20), key="interview")
    assert sizes(desk.step()) == {again: 1}


def test_an_unnamed_conversation_keeps_nothing_but_what_it_declared_shared() -> None:
    desk = Desk()
    desk.ask(*upto(20))
    desk.run()
    assert desk.plan.kept_tokens == 0
    desk.ask(*upto(40), shared=18)
    desk.run()
    assert desk.plan.kept_tokens == 18


def test_other_peoples_words_are_never_taken_for_ones_own() -> None:
    """Equal beginnings of two interviews are computed twice unless they are declared shared."""
    desk = Desk()
    desk.ask(*upto(40), key="one")
    desk.run()
    other = desk.ask(*upto(40), key="two")
    assert sizes(desk.step())[other] == 32
    assert desk.cells.copied == 0


def test_a_shared_beginning_is_computed_once_and_copied_as_far_as_it_was_declared() -> None:
    desk = Desk(slots=3, step=64, step_decoding=64)
    jobs = [desk.ask(*upto(30), 100 + number, key=f"grade{number}", shared=25) for number in range(3)]
    assert sizes(desk.step()) == {jobs[0]: 31}
    assert sizes(desk.step(writes=1)) == {jobs[0]: 1, jobs[1]: 6, jobs[2]: 6}
    assert [job.cached for job in jobs] == [0, 25, 25]


def test_a_copy_that_saves_little_is_not_made() -> None:
    desk = Desk(step=64)
    desk.ask(*upto(15), 100, key="one", shared=15)
    desk.ask(*upto(15), 200, key="two", shared=15)
    desk.run()
    assert desk.cells.copied == 0


def test_of_idle_conversations_the_one_unused_longest_gives_way() -> None:
    desk = Desk(slots=2)
    for key in ("old", "new"):
        desk.ask(*upto(4), key=key)
        desk.run()
    desk.ask(*upto(5), key="old")
    desk.run()
    desk.ask(*upto(4), key="third")
    desk.run()
    assert {slot.key for slot in desk.plan.slots} == {"old", "third"}


def test_a_conversation_without_a_slot_is_parked_and_brought_back_instead_of_computed() -> None:
    desk = Desk(slots=1, park=10_000)
    desk.ask(*upto(20), key="parked")
    desk.run()
    desk.ask(*upto(20, 50), key="other")
    desk.run()
    assert list(desk.plan.parked) == ["parked"]
    back = desk.ask(*upto(22), key="parked")
    assert desk.plan.known(back) == 20
    assert sizes(desk.step()) == {back: 2}
    assert list(desk.plan.parked) == ["other"]


def test_parked_states_stay_within_their_bytes_and_the_oldest_goes() -> None:
    desk = Desk(slots=1, park=200)
    for number in range(6):
        desk.ask(*upto(20, 10 * number), key=f"talk{number}")
        desk.run()
        assert desk.plan.parked_bytes <= 200
    assert "talk4" in desk.plan.parked
    assert "talk0" not in desk.plan.parked


def test_a_state_larger_than_the_budget_is_not_parked() -> None:
    desk = Desk(slots=1, park=20)
    for key in ("long", "other"):
        desk.ask(*upto(20), key=key)
        desk.run()
    assert not desk.plan.parked


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
