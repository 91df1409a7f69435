"""Consents: the candidate's own word, on a text that is in force."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest

from services.runtime.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from services.session.app.access import OPERATOR, Caller, Role
from services.session.app.authentication import MESH
from services.session.app.consents import Choice, Consent, ConsentingTo, Purpose
from services.session.domain.interview import Status
from services.session.domain.scenario import Language
from tests.services.session.people_world import Town, town

__all__ = ["town"]  # a fixture


def choice(town: Town, purpose: Purpose, granted: bool = True, language: Language = Language.KO) -> Choice:
    texts = {each.purpose: each for each in town.people.consents.in_force(OPERATOR, language)}
    return Choice(purpose, texts[purpose].version, granted)


async def record(
    town: Town, caller: Caller, interview: UUID, *choices: Choice, key: str = ""
) -> Sequence[Consent]:
    return await town.people.consents.record(caller, key or uuid4().hex, interview, choices)


async def test_a_candidate_agrees_to_some_and_refuses_others(town: Town) -> None:
    caller = await town.person(Role.CANDIDATE)
    interview = await town.interview(caller)
    kept = await record(
        town, caller, interview, choice(town, Purpose.PROCESSING), choice(town, Purpose.VIDEO, granted=False)
    )
    assert [(each.purpose, each.granted, each.withdrawn_at) for each in kept] == [
        (Purpose.PROCESSING, True, None),
        (Purpose.VIDEO, False, None),
    ]
    assert await town.people.consents.granted(interview) == {Purpose.PROCESSING}
    assert await town.audited(interview) == ["consent.recorded"] * 2


async def test_the_text_counts_in_whatever_language_it_was_shown(town: Town) -> None:
    caller = await town.person(Role.CANDIDATE)
    interview = await town.interview(caller)
    await record(town, caller, interview, choice(town, Purpose.AUDIO, language=Language.EN))
    assert await town.people.consents.granted(interview) == {Purpose.AUDIO}


async def test_consent_to_a_text_that_is_not_in_force_is_no_consent(town: Town) -> None:
    caller = await town.person(Role.CANDIDATE)
    interview = await town.interview(caller)
    other = choice(town, Purpose.VIDEO).version
    for version in ("", "000000000000", other):
        with pytest.raises(FailedPrecondition) as caught:
            await record(town, caller, interview, Choice(Purpose.PROCESSING, version, True))
        assert caught.value.reason == "CONSENT_VERSION"
        assert "GetConsentTexts" in caught.value.remedy
    assert await town.people.consents.granted(interview) == frozenset()


async def test_consent_can_be_taken_back_and_given_again(town: Town) -> None:
    caller = await town.person(Role.CANDIDATE)
    interview = await town.interview(caller)
    await record(town, caller, interview, choice(town, Purpose.AUDIO))
    town.clock.pass_(minutes=1)
    [taken_back] = await record(town, caller, interview, choice(town, Purpose.AUDIO, granted=False))
    assert taken_back.withdrawn_at == town.clock.now()
    assert await town.people.consents.granted(interview) == frozenset()
    [given] = await record(town, caller, interview, choice(town, Purpose.AUDIO))
    assert given.withdrawn_at is None


async def test_what_was_taken_back_stays_taken_back_at_that_time_however_often_it_is_refused(
    town: Town,
) -> None:
    caller = await town.person(Role.CANDIDATE)
    interview = await town.interview(caller)
    await record(town, caller, interview, choice(town, Purpose.AUDIO), choice(town, Purpose.VIDEO, False))
    refusals = choice(town, Purpose.AUDIO, granted=False), choice(town, Purpose.VIDEO, granted=False)
    [audio, video] = await record(town, caller, interview, *refusals)
    taken_back_at = town.clock.now()
    assert (audio.withdrawn_at, video.withdrawn_at) == (taken_back_at, None)
    town.clock.pass_(minutes=1)
    [audio, video] = await record(town, caller, interview, *refusals)
    assert (audio.withdrawn_at, video.withdrawn_at) == (taken_back_at, None)


async def test_a_repeated_request_does_not_undo_a_later_choice(town: Town) -> None:
    caller = await town.person(Role.CANDIDATE)
    interview = await town.interview(caller)
    await record(town, caller, interview, choice(town, Purpose.AUDIO), key="first")
    await record(town, caller, interview, choice(town, Purpose.AUDIO, granted=False), key="second")
    await record(town, caller, interview, choice(town, Purpose.AUDIO), key="first")
    assert await town.people.consents.granted(interview) == frozenset()


async def test_once_begun_the_needed_consent_is_withdrawn_elsewhere(town: Town) -> None:
    caller = await town.person(Role.CANDIDATE)
    interview = await town.interview(caller)
    assert caller.id is not None
    for status, reason in (
        (Status.IN_PROGRESS, "USE_WITHDRAW"),
        (Status.PAUSED, "USE_WITHDRAW"),
        (Status.COMPLETED, "INTERVIEW_OVER"),
        (Status.WITHDRAWN, "INTERVIEW_OVER"),
    ):
        await town.backstage.interview(interview, ConsentingTo(caller.id, None, status))
        with pytest.raises(FailedPrecondition) as caught:
            await record(town, caller, interview, choice(town, Purpose.PROCESSING, granted=False))
        assert caught.value.reason == reason


async def test_after_the_end_what_is_not_needed_can_still_be_taken_back_and_nothing_given(
    town: Town,
) -> None:
    caller = await town.person(Role.CANDIDATE)
    interview = await town.interview(caller)
    await record(town, caller, interview, choice(town, Purpose.VIDEO), choice(town, Purpose.RECORDING))
    await town.backstage.interview(interview, ConsentingTo(caller.id, None, Status.COMPLETED))
    for given in (Purpose.AUDIO, Purpose.VIDEO):
        taken = choice(town, Purpose.RECORDING, granted=False)
        with pytest.raises(FailedPrecondition) as caught:
            await record(town, caller, interview, choice(town, given), taken)
        assert caught.value.reason == "INTERVIEW_OVER"
    await record(town, caller, interview, choice(town, Purpose.RECORDING, granted=False))
    assert await town.people.consents.granted(interview) == {Purpose.VIDEO}


async def test_nobody_consents_for_somebody_else(town: Town) -> None:
    candidate = await town.person(Role.CANDIDATE)
    recruiter, company = await town.recruiter()
    interview = await town.interview(candidate, company.id)
    given = choice(town, Purpose.PROCESSING)
    for caller in (recruiter, OPERATOR, MESH, Caller(Role.SERVICE, uuid4(), unscoped=True)):
        with pytest.raises(PermissionDenied):
            await record(town, caller, interview, given)
        assert await town.people.consents.list_(caller, interview) == []
    stranger, _ = await town.recruiter()
    for caller in (stranger, await town.person(Role.CANDIDATE)):
        with pytest.raises(NotFound):
            await record(town, caller, interview, given)
        with pytest.raises(NotFound):
            await town.people.consents.list_(caller, interview)
    with pytest.raises(NotFound):
        await record(town, candidate, uuid4(), given)


async def test_choices_are_one_for_each_purpose(town: Town) -> None:
    caller = await town.person(Role.CANDIDATE)
    interview = await town.interview(caller)
    given = choice(town, Purpose.AUDIO)
    for choices in ([], [given, given], [given] * 5):
        with pytest.raises(InvalidArgument) as caught:
            await record(town, caller, interview, *choices)
        assert list(caught.value.violations) == ["choices"]


async def test_only_processing_is_needed(town: Town) -> None:
    for language in Language:
        texts = town.people.consents.in_force(OPERATOR, language)
        assert [each.purpose for each in texts] == list(Purpose)
        assert [each.required for each in texts] == [True, False, False, False]
