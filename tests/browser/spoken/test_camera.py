"""From a camera to a report, in a browser and on a real mesh with a real face model."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from deploy.local.environment import LocalMesh
from tests.browser.candidate.person import Candidate
from tests.browser.spoken.conftest import recorded
from tests.browser.spoken.test_broken import kill
from tests.browser.spoken.test_spoken import stored
from tests.fixtures.whisper_ko.spoken import SpokenAnswers

pytestmark = pytest.mark.browser
STAGES = ("introduction", "introduction_follow_up")


@pytest.mark.timeout(300)
def test_a_face_before_the_camera_is_in_the_report_though_vision_is_killed_in_mid_answer(
    speaking: Callable[..., Candidate],
    spoken_answers: SpokenAnswers,
    mesh: LocalMesh,
    test_assets: Path,
    tmp_path: Path,
) -> None:
    answers = tuple(spoken_answers.of(stage) for stage in STAGES)
    film = test_assets / "assets" / "face_640x480_30.mjpeg"
    me = speaking(recorded(answers, tmp_path / "tape.wav", between_s=30.0), film)
    captions = me.page.get_by_test_id("captions")
    expect(captions).to_contain_text(answers[0].sentences[0].text, timeout=60_000)
    kill(mesh, "vision")
    expect(captions).to_contain_text(answers[0].sentences[-1].text, timeout=20_000)
    expect(captions).to_contain_text(answers[1].sentences[-1].text, timeout=90_000)
    expect(captions).to_be_empty(timeout=20_000)
    assert stored(me) == [each.text for each in answers]
    me.end_early()
    me.link("candidate.done.report").click()
    words = re.escape(me.t("common.report.behaviour.faceValue"))
    seen = re.compile(re.sub(r"\\\{\\\{\w+\\\}\\\}", r"[1-9]\\d*%", words))
    for number in (1, 2):
        card = me.page.locator(f"#question-{number}")
        expect(card.get_by_text(me.t("common.report.behaviour.face"))).to_be_visible(timeout=60_000)
        expect(card.get_by_text(seen)).to_be_visible()
