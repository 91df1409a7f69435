"""From an invitation link into the interview of the job, and what the home screen knows of it."""

import psycopg
import pytest
from playwright.sync_api import expect

from tests.browser.candidate.conftest import Arrive
from tests.browser.candidate.person import PASSWORD, Candidate
from tests.browser.conftest import assert_accessible, settled
from tests.browser.hiring import COMPANY, JOB, Opening, Rest, invite, make_opening

pytestmark = pytest.mark.browser
KEPT_DAYS = 30
OFFER = f"{COMPANY} · {JOB}"


@pytest.fixture(scope="module")
def opening(base: str, admin: Rest) -> Opening:
    return make_opening(base, admin, retention_days=KEPT_DAYS)


def invited(opening: Opening, email: str) -> str:
    [token] = invite(opening.rest, opening.job_id, (email,))
    return token


def accept(me: Candidate, token: str) -> None:
    me.page.goto(f"{me.base}/invitation#{token}")
    me.label("common.form.nameLabel").fill("김지원")
    me.label("common.form.passwordLabel").fill(PASSWORD)
    me.button("common.invitation.accept").click()
    me.page.wait_for_url("**/interviews/new?**")
    settled(me.page)


def test_a_stranger_follows_a_link_through_consent_into_the_interview(
    arrive: Arrive, opening: Opening
) -> None:
    me = arrive()
    token = invited(opening, "link@example.com")
    accept(me, token)
    assert token not in me.page.url
    expect(me.label("candidate.setup.what.for").locator("option:checked")).to_have_text(OFFER)
    expect(me.label("candidate.setup.what.scenario")).to_have_count(0)
    kept = me.t("candidate.setup.consent.kept").replace("{{days}}", str(KEPT_DAYS))
    expect(me.page.get_by_text(kept)).to_be_visible()
    assert_accessible(me.page, "setup-invited-ko")
    me.set_up()
    me.answer()
    [found] = opening.rest.call("GET", "/interviews", job_id=opening.job_id)["interviews"]
    assert found["id"] == me.interview_id


def test_an_accepted_invitation_is_the_next_step_at_home_until_its_interview_begins(
    arrive: Arrive, opening: Opening
) -> None:
    me = arrive(width=360)
    accept(me, invited(opening, "later@example.com"))
    me.page.goto(f"{me.base}/home")
    settled(me.page)
    expect(me.page.get_by_text(OFFER)).to_be_visible()
    assert_accessible(me.page, "home-invited-ko-360")
    me.link("candidate.home.invited.do").click()
    me.set_up()
    me.page.goto(f"{me.base}/home")
    settled(me.page)
    expect(me.link("candidate.home.continue.do")).to_be_visible()
    expect(me.page.get_by_text(OFFER)).to_have_count(0)


def test_a_link_that_was_used_shows_its_owner_the_way_in(arrive: Arrive, opening: Opening) -> None:
    token = invited(opening, "owner@example.com")
    accept(arrive(), token)
    me = arrive()
    me.page.goto(f"{me.base}/invitation#{token}")
    me.label("common.form.nameLabel").fill("다른 사람")
    me.label("common.form.passwordLabel").fill(PASSWORD)
    me.button("common.invitation.accept").click()
    expect(me.page.get_by_role("alert")).to_contain_text(me.t("common.problem.INVITATION_USED.what"))
    assert_accessible(me.page, "invitation-used-ko")
    me.link("common.signIn.submit").click()
    me.label("common.form.emailLabel").fill("owner@example.com")
    me.label("common.form.passwordLabel").fill(PASSWORD)
    me.button("common.signIn.submit").click()
    me.button("common.invitation.accept").click()
    me.page.wait_for_url("**/interviews/new?**")


def test_an_invitation_past_its_deadline_opens_nothing_and_is_no_step_at_home(
    arrive: Arrive, opening: Opening, database: psycopg.Connection
) -> None:
    me = arrive()
    accept(me, invited(opening, "in.time@example.com"))
    token = invited(opening, "too.late@example.com")
    database.execute(
        "update invitation set expires_at = now() - interval '1 minute' where email = any(%s)",
        [["in.time@example.com", "too.late@example.com"]],
    )
    me.page.goto(f"{me.base}/home")
    settled(me.page)
    expect(me.link("candidate.home.resume.do")).to_be_visible()
    expect(me.page.get_by_text(OFFER)).to_have_count(0)
    late = arrive()
    late.page.goto(f"{late.base}/invitation#{token}")
    expect(late.page.get_by_role("alert")).to_contain_text(late.t("common.problem.INVITATION_EXPIRED.what"))
    assert_accessible(late.page, "invitation-expired-ko")


@pytest.mark.parametrize(
    ("language", "theme"), [("ko", "light"), ("en", "dark"), ("ko", "dark"), ("en", "light")]
)
def test_an_invitation_can_be_read_by_everybody(
    arrive: Arrive, opening: Opening, language: str, theme: str
) -> None:
    me = arrive(language=language, theme=theme, width=360)
    me.page.goto(f"{me.base}/invitation#{invited(opening, f'{language}-{theme}@example.com')}")
    settled(me.page)
    expect(me.page.get_by_text(OFFER)).to_be_visible()
    assert_accessible(me.page, f"invitation-{language}-{theme}-360")


def test_a_link_with_a_letter_too_few_says_what_to_do(arrive: Arrive) -> None:
    me = arrive()
    me.page.goto(f"{me.base}/invitation#broken")
    expect(me.page.get_by_role("alert")).to_contain_text(me.t("common.problem.NOT_FOUND.what"))
