"""A typed interview at the page, from registration to report, and what may happen to it on the way."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from deploy.local.environment import LocalMesh
from deploy.local.supervisor import Supervisor
from tests.browser.candidate.conftest import Arrive
from tests.browser.candidate.person import RESUME, STAGES, Candidate
from tests.browser.conftest import assert_accessible, settled, shot

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("language", "theme", "width"), [("ko", "light", 1280), ("en", "dark", 360)])
def test_a_whole_interview_from_registration_to_report(
    arrive: Arrive, tmp_path: Path, language: str, theme: str, width: int
) -> None:
    me = arrive(language=language, theme=theme, width=width)
    name = f"{language}-{theme}-{width}"
    me.page.goto(f"{me.base}/register")
    settled(me.page)
    assert_accessible(me.page, f"register-{name}")
    me.register()
    settled(me.page)
    assert_accessible(me.page, f"home-first-{name}")
    resume = tmp_path / "resume.txt"
    resume.write_text(RESUME)
    me.upload(resume)
    me.link("candidate.resume.next").wait_for()
    assert_accessible(me.page, f"resume-{name}")
    me.link("candidate.resume.next").click()
    me.label("candidate.setup.what.language").select_option(language)
    settled(me.page)
    chosen = me.label("candidate.setup.what.resume").locator("option:checked")
    expect(chosen).to_have_text(resume.name)
    assert_accessible(me.page, f"setup-{name}")
    me.set_up()
    assert_accessible(me.page, f"room-{name}")
    questions, answers = [], []
    for number in range(1, STAGES + 1):
        assert me.stage() == number
        questions.append(me.wait_asked())
        answers.append(me.answer())
    assert len(set(questions)) == STAGES
    me.page.wait_for_url("**/done")
    me.link("candidate.done.report").wait_for(timeout=60_000)
    assert_accessible(me.page, f"done-{name}")
    me.link("candidate.done.report").click()
    settled(me.page)
    me.page.get_by_text(questions[-1]).first.wait_for()
    report = me.page.locator("main").text_content() or ""
    for text in [*questions, *answers]:
        assert text in report
    assert_accessible(me.page, f"report-{name}")
    assert_no_sideways_scroll(me)
    if language == "ko":
        assert_pdf_holds(me, questions)


def assert_no_sideways_scroll(me: Candidate) -> None:
    assert me.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def assert_pdf_holds(me: Candidate, questions: list[str]) -> None:
    with me.page.expect_download() as downloading:
        me.button("candidate.report.pdf").click()
    pdf = downloading.value.path()
    text = subprocess.run(
        ["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True
    ).stdout
    read = re.sub(r"\s", "", text)
    for question in questions:
        assert re.sub(r"\s", "", question) in read


def test_f07_a_page_that_is_loaded_anew_in_mid_question_gets_the_question_and_what_was_typed(
    arrive: Arrive,
) -> None:
    me = arrive()
    me.begin()
    asked, typed = me.wait_asked(), me.type()
    expect(me.page.get_by_text(me.t("candidate.room.draft.saved"))).to_be_visible()
    me.page.reload()
    assert me.wait_asked() == asked
    expect(me.box).to_have_value(typed)
    me.submit()
    assert me.stage() == 2


def test_a_second_tab_shows_the_same_and_one_answer_moves_both(arrive: Arrive) -> None:
    me = arrive()
    me.begin()
    other = Candidate(me.page.context.new_page(), me.base)
    other.page.goto(me.page.url)
    assert other.wait_asked() == me.wait_asked()
    me.answer()
    expect(other.question).to_have_text(me.question.inner_text())
    assert other.stage() == me.stage() == 2


def test_two_presses_make_one_answer(arrive: Arrive) -> None:
    me = arrive()
    me.begin()
    me.type()
    me.button("candidate.room.answer.submit").dblclick()
    me.moved_on()
    time.sleep(1)
    assert me.stage() == 2


def test_f21_an_answer_given_without_a_network_waits_in_words_and_arrives(arrive: Arrive) -> None:
    me = arrive()
    me.begin()
    me.type()
    me.page.context.set_offline(True)
    me.button("candidate.room.answer.submit").click()
    expect(me.page.get_by_text(me.t("candidate.room.answer.waiting"))).to_be_visible()
    shot(me.page, "room-offline")
    time.sleep(5)
    me.page.context.set_offline(False)
    me.moved_on()
    assert me.stage() == 2


def test_f25_the_interview_goes_on_when_the_session_dies_under_the_page(
    arrive: Arrive, mesh: LocalMesh
) -> None:
    me = arrive()
    me.begin()
    me.answer()
    me.type()
    os.kill(Supervisor(mesh).states()["session"].pid, signal.SIGKILL)
    me.button("candidate.room.answer.submit").click()
    me.moved_on(within_s=60)
    assert me.stage() == 3


def test_an_access_token_that_runs_out_in_mid_interview_is_renewed_unseen(arrive: Arrive) -> None:
    me = arrive()
    me.begin()
    refused: list[str] = []

    def spoil(route: Route) -> None:
        """The server itself refuses: what the page sends is no longer a token."""
        if not refused and "/auth/" not in route.request.url and route.request.header_value("authorization"):
            refused.append(route.request.url)
            route.continue_(headers={**route.request.headers, "authorization": "Bearer expired"})
        else:
            route.continue_()

    me.page.route("**/api/v1/**", spoil)
    me.answer()
    assert refused
    assert me.stage() == 2


def test_leaving_and_coming_back_continues_where_it_was(arrive: Arrive) -> None:
    me = arrive()
    me.begin()
    me.answer()
    asked = me.wait_asked()
    me.button("candidate.room.leave.open").click()
    assert_accessible(me.page, "room-leaving-ko")
    me.button("candidate.room.leave.back.do").click()
    me.page.wait_for_url("**/home")
    settled(me.page)
    assert_accessible(me.page, "home-continue-ko")
    me.link("candidate.home.continue.do").click()
    assert me.wait_asked() == asked


def test_a_consent_taken_back_ends_the_interview_at_once(arrive: Arrive) -> None:
    me = arrive()
    me.begin()
    me.button("candidate.room.leave.open").click()
    me.button("candidate.room.leave.withdraw.do").click()
    me.page.wait_for_url("**/done")
    expect(me.page.get_by_text(me.t("candidate.done.text.withdrawn"))).to_be_visible()


def test_a_practice_question_is_asked_and_leaves_no_report(arrive: Arrive) -> None:
    me = arrive()
    me.register()
    me.link("candidate.home.start.practice").or_(me.link("candidate.home.resume.without")).first.wait_for()
    me.page.goto(f"{me.base}/interviews/new?practice=1")
    me.consent()
    me.button("candidate.setup.startPractice").click()
    me.wait_asked()
    shot(me.page, "room-practice-ko")
    me.type()
    me.button("candidate.room.answer.submit").click()
    expect(me.page.get_by_text(me.t("candidate.done.text.practice"))).to_be_visible()
