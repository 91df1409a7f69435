"""Companies, talent profiles, jobs and scenarios: each company's own, within their limits."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.runtime.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
)
from services.session.adapters.scenario_files import SHIPPED
from services.session.app import pages, scenarios
from services.session.app.access import OPERATOR, Caller, Role
from services.session.app.companies import BehaviourPolicy, Company
from services.session.app.jobs import JobText, ProfileText, TalentProfile
from services.session.app.pages import Page
from services.session.domain.scenario import Language
from tests.services.session.people_world import Town, described, town

__all__ = ["town"]  # a fixture
SOURCE = (Path(SHIPPED) / "standard.ko.yaml").read_text().replace("name: standard", "name: ours", 1)


async def profile(town: Town, caller: Caller, company: Company, **changes: Any) -> TalentProfile:
    given = ProfileText(None, company.id, "인재상", ("도전",), {"collaboration": 2.0})
    return await town.people.jobs.save_profile(caller, uuid4().hex, replace(given, **changes))


def violated(error: pytest.ExceptionInfo[InvalidArgument]) -> list[str]:
    return list(error.value.violations)


async def test_a_recruiter_founds_a_company_once_and_works_for_it(town: Town) -> None:
    caller = await town.person(Role.RECRUITER)
    made = await asyncio.gather(
        *(town.people.companies.create(caller, "once", described()) for _ in range(3))
    )
    assert len({each.id for each in made}) == 1
    assert made[0].retention_days == 180
    assert caller.id is not None
    assert (await town.people.accounts.get(caller.id)).company_ids == (made[0].id,)


async def test_candidates_and_services_found_no_company(town: Town) -> None:
    for caller in (await town.person(Role.CANDIDATE), Caller(Role.SERVICE, uuid4(), unscoped=True)):
        with pytest.raises(PermissionDenied):
            await town.people.companies.create(caller, "x", described())


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("company.name", {"name": " "}),
        ("company.name", {"name": "x" * 81}),
        ("company.name", {"name": "a\nb"}),
        ("company.profile", {"profile": "x" * 4001}),
        ("company.profile", {"profile": "a\x00"}),
        ("company.retention_days", {"retention_days": -1}),
        ("company.retention_days", {"retention_days": 3651}),
    ],
)
async def test_a_company_outside_its_limits_is_refused_by_field(
    town: Town, field: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await town.people.companies.create(OPERATOR, "x", described(**changes))
    assert violated(caught) == [field]


async def test_an_update_replaces_everything_but_the_birthday(town: Town) -> None:
    caller, company = await town.recruiter()
    town.clock.pass_(days=1)
    wanted = described("새 이름", behaviour_policy=BehaviourPolicy.OFF, blind=True, retention_days=30)
    changed = await town.people.companies.update(caller, "once", company.id, wanted)
    assert changed == replace(wanted.company(company.id, company.created_at))
    await town.people.companies.update(caller, "twice", company.id, described("noch neuer"))
    again = await town.people.companies.update(caller, "once", company.id, wanted)
    assert again.name == "noch neuer"


async def test_another_company_does_not_exist_for_a_recruiter(town: Town) -> None:
    caller, _ = await town.recruiter()
    _, theirs = await town.recruiter()
    with pytest.raises(NotFound) as hidden:
        await town.people.companies.get(caller, theirs.id)
    with pytest.raises(NotFound) as absent:
        await town.people.companies.get(caller, uuid4())
    assert (str(hidden.value), hidden.value.metadata) == (str(absent.value), absent.value.metadata)
    with pytest.raises(NotFound):
        await town.people.companies.update(caller, "x", theirs.id, described())
    listed = await town.people.companies.list_(caller, Page())
    assert [each.id for each in listed.rows] == list(caller.company_ids)


async def test_admins_and_unscoped_services_see_every_company(town: Town) -> None:
    made = {(await town.company()).id for _ in range(3)}
    for caller in (OPERATOR, Caller(Role.SERVICE, uuid4(), unscoped=True)):
        first = await town.people.companies.list_(caller, pages.requested(2, ""))
        rest = await town.people.companies.list_(caller, pages.requested(2, first.next_token))
        assert {each.id for each in [*first.rows, *rest.rows]} == made
        assert rest.next_token == ""


async def test_only_recruiters_work_for_a_company(town: Town) -> None:
    caller, company = await town.recruiter()
    add = town.people.companies.add_member
    with pytest.raises(FailedPrecondition) as caught:
        await add(caller, "a", company.id, (await town.account(Role.CANDIDATE)).id)
    assert caught.value.reason == "NOT_A_RECRUITER"
    with pytest.raises(NotFound):
        await add(caller, "b", company.id, uuid4())
    with pytest.raises(NotFound):
        await add(OPERATOR, "c", uuid4(), (await town.account(Role.RECRUITER)).id)
    colleague = await town.account(Role.RECRUITER)
    for key in ("d", "d", "e"):
        await add(caller, key, company.id, colleague.id)
    assert (await town.people.accounts.get(colleague.id)).company_ids == (company.id,)
    for key in ("f", "f", "g"):
        await town.people.companies.remove_member(caller, key, company.id, colleague.id)
    assert (await town.people.accounts.get(colleague.id)).company_ids == ()


async def test_a_service_changes_no_members(town: Town) -> None:
    company = await town.company()
    service = Caller(Role.SERVICE, uuid4(), frozenset({company.id}))
    with pytest.raises(PermissionDenied):
        await town.people.companies.add_member(service, "x", company.id, uuid4())


async def test_a_talent_profile_is_saved_changed_and_listed(town: Town) -> None:
    caller, company = await town.recruiter()
    made = await profile(town, caller, company)
    changed = await profile(town, caller, company, id=made.id, name="바뀐", weights={"growth": 0.0})
    assert (changed.id, changed.name, dict(changed.weights)) == (made.id, "바뀐", {"growth": 0.0})
    assert changed.created_at == made.created_at
    town.clock.pass_(seconds=1)
    other = await profile(town, caller, company)
    listed = await town.people.jobs.list_profiles(caller, company.id, Page())
    assert [each.id for each in listed.rows] == [other.id, made.id]


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("name", {"name": ""}),
        ("values", {"values": ("x",) * 13}),
        ("values", {"values": ("x" * 81,)}),
        ("values", {"values": ("",)}),
        ("weights", {"weights": {"a": 10.5}}),
        ("weights", {"weights": {"a": -0.1}}),
        ("weights", {"weights": {"a": float("nan")}}),
        ("weights", {"weights": {"a": float("inf")}}),
        ("weights", {"weights": {"": 1.0}}),
        ("weights", {"weights": {str(each): 1.0 for each in range(33)}}),
    ],
)
async def test_a_talent_profile_outside_its_limits_is_refused_by_field(
    town: Town, field: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await profile(town, OPERATOR, await town.company(), **changes)
    assert violated(caught) == [f"talent_profile.{field}"]


async def test_nothing_of_a_company_is_taken_over_by_another(town: Town) -> None:
    caller, company = await town.recruiter()
    thief, theirs = await town.recruiter()
    made, job = await profile(town, caller, company), await town.job(caller, company)
    with pytest.raises(NotFound):
        await profile(town, thief, theirs, id=made.id)
    with pytest.raises(NotFound):
        await town.job(thief, theirs, id=job.id)
    with pytest.raises(NotFound):
        await town.people.jobs.get_job(thief, job.id)
    with pytest.raises(NotFound):
        await town.people.jobs.list_jobs(thief, company.id, Page())
    with pytest.raises(InvalidArgument) as caught:
        await town.job(thief, theirs, talent_profile_id=made.id)
    assert violated(caught) == ["job.talent_profile_id"]


async def test_a_job_is_saved_changed_and_listed(town: Town) -> None:
    caller, company = await town.recruiter()
    made = await profile(town, caller, company)
    job = await town.job(caller, company, talent_profile_id=made.id, scenario="")
    assert (job.scenario, job.talent_profile_id, job.open) == ("standard", made.id, True)
    closed = await town.job(caller, company, id=job.id, open=False, title="닫힘")
    assert (closed.id, closed.open, closed.created_at) == (job.id, False, job.created_at)
    assert await town.people.jobs.get_job(caller, job.id) == closed
    listed = await town.people.jobs.list_jobs(caller, company.id, Page())
    assert [each.id for each in listed.rows] == [job.id]
    assert (await town.audited(job.id)) == ["job.saved", "job.saved"]


async def test_a_repeated_new_job_is_one_job(town: Town) -> None:
    caller, company = await town.recruiter()
    wanted = JobText(None, company.id, "다른", "", None, "standard", Language.KO, True)
    made = [await town.people.jobs.save_job(caller, "once", wanted) for _ in range(2)]
    assert made[0] == made[1]
    assert len((await town.people.jobs.list_jobs(caller, company.id, Page())).rows) == 1


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("title", {"title": ""}),
        ("title", {"title": "x" * 201}),
        ("description", {"description": "x" * 8001}),
        ("scenario", {"scenario": "unknown"}),
        ("scenario", {"language": Language.EN}),
        ("talent_profile_id", {"talent_profile_id": UUID(int=1)}),
    ],
)
async def test_a_job_outside_its_limits_is_refused_by_field(
    town: Town, field: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await town.job(OPERATOR, await town.company(), **changes)
    assert violated(caught) == [f"job.{field}"]


async def test_a_companys_own_scenario_is_checked_kept_and_hides_no_other(town: Town) -> None:
    caller, company = await town.recruiter()
    assert await town.people.scenarios.validate(caller, SOURCE) == ()
    kept = await town.people.scenarios.save(caller, "once", company.id, SOURCE)
    assert await town.people.scenarios.save(caller, "once", company.id, SOURCE) == kept
    listed = await town.people.scenarios.list_(caller, company.id)
    assert [(each.name, each.company_id, each.source) for each in listed] == [
        ("ours", company.id, ""),
        ("standard", None, ""),
    ]
    assert [each.stages for each in listed] == [kept.stages, 15]
    found = await town.people.scenarios.get(caller, "ours", Language.KO, company.id, "")
    assert found == kept
    assert [each.name for each in await town.people.scenarios.list_(caller, None)] == ["standard"]


async def test_the_scenario_saved_last_is_the_newest_and_old_ones_are_found_by_version(town: Town) -> None:
    caller, company = await town.recruiter()
    first = await town.people.scenarios.save(caller, "1", company.id, SOURCE)
    town.clock.pass_(seconds=1)
    second = await town.people.scenarios.save(caller, "2", company.id, SOURCE + "\n# changed\n")
    get = town.people.scenarios.get
    assert await get(caller, "ours", Language.KO, company.id, "") == second
    assert await get(caller, "ours", Language.KO, company.id, first.version) == first
    town.clock.pass_(seconds=1)
    await town.people.scenarios.save(caller, "3", company.id, SOURCE)
    assert await get(caller, "ours", Language.KO, company.id, "") == first


async def test_two_companies_keep_the_same_scenario_each_for_itself(town: Town) -> None:
    for caller, company in (await town.recruiter(), await town.recruiter()):
        await town.people.scenarios.save(caller, "once", company.id, SOURCE)
        assert len(await town.people.scenarios.list_(caller, company.id)) == 2
        assert (await town.job(caller, company, scenario="ours")).scenario == "ours"
    with pytest.raises(InvalidArgument):
        await town.job(OPERATOR, await town.company(), scenario="ours")


async def test_a_broken_scenario_is_refused_with_its_lines(town: Town) -> None:
    caller, company = await town.recruiter()
    broken = SOURCE.replace("language: ko", "language: xx", 1)
    [problem, *_] = await town.people.scenarios.validate(caller, broken)
    assert problem.line == 1 + broken.split("language: xx")[0].count("\n")
    with pytest.raises(InvalidArgument) as caught:
        await town.people.scenarios.save(caller, "x", company.id, broken)
    assert f"source:{problem.line}" in caught.value.violations
    with pytest.raises(InvalidArgument):
        await town.people.scenarios.validate(caller, "x" * (256 * 1024 + 1))


async def test_a_company_keeps_so_many_scenarios_and_no_more(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller, company = await town.recruiter()
    monkeypatch.setattr(scenarios, "OWN_LIMIT", 1)
    await town.people.scenarios.save(caller, "1", company.id, SOURCE)
    with pytest.raises(ResourceExhausted):
        await town.people.scenarios.save(caller, "2", company.id, SOURCE + "\n# more\n")


async def test_a_candidate_never_reads_the_questions_beforehand(town: Town) -> None:
    candidate = await town.person(Role.CANDIDATE)
    assert [each.source for each in await town.people.scenarios.list_(candidate, None)] == [""]
    with pytest.raises(PermissionDenied):
        await town.people.scenarios.get(candidate, "standard", Language.KO, None, "")
    with pytest.raises(NotFound):
        await town.people.scenarios.get(OPERATOR, "unknown", Language.KO, None, "")
