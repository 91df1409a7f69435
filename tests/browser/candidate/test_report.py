"""What a candidate does with a report, and a pause on the way there."""

import re
from datetime import UTC, datetime

import psycopg
import pytest
from playwright.sync_api import expect

from deploy.local.environment import LocalMesh
from services.media.recording.files import FlacFile
from services.media.recording.naming import name_of
from tests.browser.candidate.conftest import Arrive
from tests.browser.conftest import assert_accessible, settled
from tests.waiting import until

pytestmark = pytest.mark.browser
CORRECTED = "저는 정산 서버의 응답 시간을 절반으로 줄였고, 그 과정을 기록으로 남겼습니다."


def test_a_corrected_answer_is_assessed_again_and_the_first_stays_beside_it(arrive: Arrive) -> None:
    me = arrive()
    me.begin()
    first = me.answer()
    me.end_early()
    me.link("candidate.done.report").click()
    settled(me.page)
    card = me.page.locator("#question-1")
    card.get_by_role("button", name=me.t("candidate.report.correct.open")).click()
    assert_accessible(me.page, "report-correcting-ko")
    card.get_by_label(me.t("candidate.report.correct.label"), exact=True).fill(CORRECTED)
    card.get_by_role("button", name=me.t("candidate.report.correct.save"), exact=True).click()
    expect(card.get_by_role("blockquote")).to_have_text(CORRECTED, timeout=60_000)
    card.get_by_text(me.t("common.report.bothTexts")).click()
    expect(card.get_by_text(first)).to_be_visible()
    assert_accessible(me.page, "report-corrected-ko")


def test_consent_to_the_recording_is_taken_back_after_the_interview_and_erases_it(
    arrive: Arrive, mesh: LocalMesh, database: psycopg.Connection
) -> None:
    me = arrive()
    me.begin()
    me.answer()
    me.end_early()
    interview = me.interview_id
    me.link("candidate.done.report").click()
    settled(me.page)
    title = me.page.get_by_role("heading", name=me.t("candidate.report.consents.title"))
    expect(title).to_have_count(0)
    database.execute(
        "insert into consent (interview_id, purpose, version, granted) values (%s, 'recording', 'v', true)"
        " on conflict (interview_id, purpose) do update set granted = true",
        [interview],
    )
    file = mesh.home / "recordings" / interview / name_of(datetime.now(UTC))
    FlacFile(file).finish(b"\0\0\0\0" * 16_000)
    me.page.reload()
    expect(title).to_be_visible()
    take = me.page.get_by_role("button", name=re.compile("동의 거두기$"))
    take.press("Enter")
    assert_accessible(me.page, "report-consent-ko")
    me.page.get_by_role("dialog").get_by_role("button", name=me.t("candidate.report.consents.take")).click()
    expect(me.page.get_by_text("거둔 동의 1가지")).to_be_visible()
    expect(take).to_have_count(0)
    until(lambda: not file.parent.exists(), 20, "the recording is erased")


def test_a_pause_stops_the_clock_and_going_on_finds_the_question_as_it_was(arrive: Arrive) -> None:
    me = arrive()
    me.begin()
    me.answer()
    asked, typed = me.wait_asked(), me.type()
    expect(me.page.get_by_text(me.t("candidate.room.draft.saved"))).to_be_visible()
    me.button("candidate.room.pause").click()
    expect(me.page.get_by_text(me.t("candidate.room.paused.text"))).to_be_visible()
    assert_accessible(me.page, "room-paused-ko")
    me.page.goto(f"{me.base}/home")
    me.link("candidate.home.continue.do").click()
    me.button("candidate.room.paused.resume").click()
    assert me.wait_asked() == asked
    expect(me.box).to_have_value(typed)
    me.submit()
    assert me.stage() == 3
