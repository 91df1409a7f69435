"""What is kept of a conversation, and who gives way: without a model."""

import pytest

from tests.services.llm.engines.llama_cpp.script import Desk, sizes, upto

pytestmark = pytest.mark.unit


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
