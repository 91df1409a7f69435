"""What breaks in the middle of a spoken answer, in a browser and on a real mesh: the interview goes on."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from deploy.local.environment import LocalMesh
from deploy.local.supervisor import Supervisor
from tests.browser.candidate.person import Candidate
from tests.browser.spoken.conftest import recorded
from tests.browser.spoken.network import NetworkOfItsOwn
from tests.browser.spoken.test_spoken import stored
from tests.fixtures.whisper_ko.spoken import Answer, SpokenAnswers

pytestmark = pytest.mark.browser
Speaking = Callable[..., Candidate]
CUT_S = 5


def kill(mesh: LocalMesh, name: str) -> None:
    os.kill(Supervisor(mesh).states()[name].pid, signal.SIGKILL)


def long_answer(answers: SpokenAnswers) -> Answer:
    """Half a minute: six sentences with pauses between, the last one heard even if its end is clipped."""
    stages = ("motivation", "introduction_follow_up", "introduction")
    sentences = [each for stage in stages for each in answers.of(stage).sentences]
    return Answer("introduction", answers.voices[0], tuple(sentences))


@pytest.mark.timeout(300)
def test_f25_recognition_that_is_killed_in_mid_answer_costs_no_word(
    speaking: Speaking, spoken_answers: SpokenAnswers, mesh: LocalMesh, tmp_path: Path
) -> None:
    answers = tuple(spoken_answers.of(stage) for stage in ("introduction", "introduction_follow_up"))
    me = speaking(recorded(answers, tmp_path / "tape.wav", between_s=40.0))
    captions = me.page.get_by_test_id("captions")
    expect(captions).to_contain_text(" ".join(answers[0].text.split()[:2]), timeout=60_000)
    kill(mesh, "stt")
    expect(me.page.get_by_text(me.t("candidate.room.media.recovering"))).to_be_visible(timeout=10_000)
    expect(captions).to_contain_text(answers[0].sentences[-1].text, timeout=40_000)
    expect(me.page.get_by_text(me.t("candidate.room.media.open"))).to_be_visible()
    expect(captions).to_contain_text(answers[1].sentences[-1].text, timeout=90_000)
    expect(captions).to_be_empty(timeout=20_000)
    assert stored(me) == [each.text for each in answers]


@pytest.mark.timeout(300)
def test_f25_a_network_that_is_cut_in_mid_answer_costs_what_was_said_meanwhile_and_the_page_says_so(
    speaking: Speaking, spoken_answers: SpokenAnswers, base: str, tmp_path: Path
) -> None:
    answer = long_answer(spoken_answers)
    with NetworkOfItsOwn(base, tmp_path) as network:
        me = speaking(
            recorded((answer,), tmp_path / "tape.wav"),
            at=network.base,
            flags=network.flags,
            program=network.chromium,
        )
        captions = me.page.get_by_test_id("captions")
        expect(captions).to_contain_text(answer.sentences[0].text, timeout=60_000)
        with network.cut():
            begun = time.monotonic()
            expect(me.page.get_by_text(me.t("candidate.room.media.quiet"))).to_be_visible(
                timeout=CUT_S * 1000
            )
            me.page.wait_for_timeout(max(0.0, begun + CUT_S - time.monotonic()) * 1000)
        expect(me.page.get_by_text(me.t("candidate.room.spoken.lost"))).to_be_visible(timeout=30_000)
        expect(me.page.get_by_text(me.t("candidate.room.media.open"))).to_be_visible()
        expect(captions).to_contain_text(answer.sentences[-1].text, timeout=60_000)
        expect(captions).to_be_empty(timeout=20_000)
        (text,) = stored(me)
    assert text.startswith(answer.sentences[0].text)
    assert text.endswith(answer.sentences[-1].text)
    assert me.stage() == 2


@pytest.mark.timeout(300)
def test_f25_a_page_that_is_loaded_anew_in_mid_answer_goes_on_with_the_same_answer(
    speaking: Speaking, spoken_answers: SpokenAnswers, tmp_path: Path
) -> None:
    """The microphone of the new page plays the recording from its beginning."""
    answer = spoken_answers.of("introduction")
    me = speaking(recorded((answer,), tmp_path / "tape.wav"))
    captions = me.page.get_by_test_id("captions")
    expect(captions).to_contain_text(answer.sentences[0].text, timeout=60_000)
    me.page.reload()
    expect(me.page.get_by_text(me.t("candidate.room.spoken.earlier"))).to_be_visible(timeout=20_000)
    expect(me.page.get_by_text(me.t("candidate.room.media.open"))).to_be_visible(timeout=30_000)
    expect(captions).to_contain_text(answer.sentences[-1].text, timeout=60_000)
    expect(captions).to_be_empty(timeout=20_000)
    (text,) = stored(me)
    assert text.startswith(answer.sentences[0].text)
    assert text.endswith(answer.text)
    assert me.stage() == 2
