"""What every list of work must do. A subclass gives the storage; nothing here knows which one it is."""

import asyncio
from uuid import uuid4

from services.session.app.ports import Claim
from tests.services.session.adapters.stores import Listed, Stores

KINDS = ("question", "evaluation")
LEASE_S = 10.0


async def claimed(stores: Stores, *kinds: str, lease_s: float = LEASE_S) -> Claim:
    (claim,) = await stores.queue.claim(kinds or KINDS, 5, lease_s)
    return claim


async def taken_over(stores: Stores) -> tuple[Claim, Claim]:
    """Two claims to one piece of work: the lease of the first has passed."""
    await stores.put_work("question", uuid4())
    first = await claimed(stores)
    await stores.later(LEASE_S + 1)
    return first, await claimed(stores)


class WorkContract:
    async def test_due_work_is_claimed_once(self, stores: Stores) -> None:
        subject = uuid4()
        await stores.put_work("question", subject)
        claim = await claimed(stores)
        assert (claim.kind, claim.subject_id, claim.attempts) == ("question", subject, 1)
        assert await stores.queue.claim(KINDS, 5, LEASE_S) == []

    async def test_work_is_not_claimed_before_it_is_due(self, stores: Stores) -> None:
        await stores.put_work("question", uuid4(), due_in_s=30)
        assert await stores.queue.claim(KINDS, 5, LEASE_S) == []
        await stores.later(31)
        assert await claimed(stores)

    async def test_only_the_wanted_kinds_are_claimed_longest_due_first_and_no_more_than_wanted(
        self, stores: Stores
    ) -> None:
        subjects = [uuid4() for _ in range(4)]
        await stores.put_work("report", uuid4())
        for late_s, subject in enumerate(subjects):
            await stores.put_work("question", subject, due_in_s=-late_s)
        found = await stores.queue.claim(("question",), 3, LEASE_S)
        assert {claim.subject_id for claim in found} == set(subjects[1:])

    async def test_many_claimers_share_the_work_without_overlap(self, stores: Stores) -> None:
        for _ in range(20):
            await stores.put_work("question", uuid4())
        found = await asyncio.gather(*(stores.queue.claim(KINDS, 4, LEASE_S) for _ in range(8)))
        subjects = [claim.subject_id for claims in found for claim in claims]
        assert len(subjects) == len(set(subjects))
        rest = await stores.queue.claim(KINDS, 20, LEASE_S)
        assert len(subjects) + len(rest) == 20

    async def test_after_the_lease_another_takes_over_with_a_higher_token(self, stores: Stores) -> None:
        first, second = await taken_over(stores)
        assert second.subject_id == first.subject_id
        assert second.token > first.token
        assert second.attempts == 2

    async def test_a_renewed_lease_holds(self, stores: Stores) -> None:
        await stores.put_work("question", uuid4())
        claim = await claimed(stores)
        await stores.later(LEASE_S - 1)
        await stores.queue.renew([claim], LEASE_S)
        await stores.later(LEASE_S - 1)
        assert await stores.queue.claim(KINDS, 5, LEASE_S) == []

    async def test_who_lost_the_lease_cannot_renew_it(self, stores: Stores) -> None:
        first, _ = await taken_over(stores)
        await stores.later(LEASE_S - 1)
        await stores.queue.renew([first], LEASE_S)
        await stores.later(2)
        assert (await claimed(stores)).attempts == 3

    async def test_who_lost_the_lease_can_neither_finish_nor_postpone_nor_give_up(
        self, stores: Stores
    ) -> None:
        first, _ = await taken_over(stores)
        await stores.queue.finish(first)
        await stores.queue.postpone(first, 0.0, "late")
        await stores.queue.give_up(first, "late")
        assert await stores.listed() == [Listed("question", 2, False, "")]
        assert await stores.queue.claim(KINDS, 5, LEASE_S) == []

    async def test_finished_work_is_off_the_list(self, stores: Stores) -> None:
        await stores.put_work("question", uuid4())
        await stores.queue.finish(await claimed(stores))
        assert await stores.listed() == []

    async def test_a_token_never_comes_back_when_the_same_work_comes_up_again(self, stores: Stores) -> None:
        subject = uuid4()
        await stores.put_work("evaluation", subject)
        first = await claimed(stores)
        await stores.queue.finish(first)
        await stores.put_work("evaluation", subject)
        second = await claimed(stores)
        assert (second.token > first.token, second.attempts) == (True, 1)
        await stores.queue.finish(first)
        assert len(await stores.listed()) == 1

    async def test_failed_work_comes_back_after_its_delay_as_another_attempt(self, stores: Stores) -> None:
        await stores.put_work("question", uuid4())
        await stores.queue.postpone(await claimed(stores), 5.0, "model down")
        assert await stores.listed() == [Listed("question", 1, False, "model down")]
        assert await stores.queue.claim(KINDS, 5, LEASE_S) == []
        await stores.later(6)
        assert (await claimed(stores)).attempts == 2

    async def test_work_that_only_has_to_wait_is_not_counted_as_an_attempt(self, stores: Stores) -> None:
        await stores.put_work("question", uuid4())
        for _ in range(3):
            claim = await claimed(stores)
            assert claim.attempts == 1
            await stores.queue.postpone(claim, 0.0, "")
            await stores.later(0.01)

    async def test_given_up_work_stays_listed_as_failed_and_is_not_tried_again(self, stores: Stores) -> None:
        await stores.put_work("question", uuid4())
        await stores.queue.give_up(await claimed(stores), "no more attempts")
        await stores.later(1000)
        assert await stores.queue.claim(KINDS, 5, LEASE_S) == []
        assert await stores.listed() == [Listed("question", 1, True, "no more attempts")]

    async def test_f09_work_of_a_renamed_kind_is_told_of_once_and_kept_aside(self, stores: Stores) -> None:
        await stores.put_work("ask_question_v0", uuid4())
        await stores.put_work("question", uuid4())
        assert await stores.queue.set_aside_unknown(KINDS) == ["ask_question_v0"]
        assert await stores.queue.set_aside_unknown(KINDS) == []
        assert await stores.kept_aside() == ["ask_question_v0"]
        assert await stores.listed() == [
            Listed("ask_question_v0", 0, True, "unknown kind of work"),
            Listed("question", 0, False, ""),
        ]
        assert (await claimed(stores)).kind == "question"

    async def test_f10_work_of_an_unknown_kind_that_is_not_due_or_is_being_done_is_left_alone(
        self, stores: Stores
    ) -> None:
        await stores.put_work("coming", uuid4(), due_in_s=60)
        await stores.put_work("newer", uuid4())
        await claimed(stores, "newer")
        assert await stores.queue.set_aside_unknown(KINDS) == []
        await stores.later(61)
        assert sorted(await stores.queue.set_aside_unknown(KINDS)) == ["coming", "newer"]
