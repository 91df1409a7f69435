"""A spoken interview in a browser: from Chromium's microphone to the stored answers, on a real mesh."""

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from playwright.sync_api import Page, Request, expect
from viva.v1 import media_pb2, media_pb2_grpc

from deploy.local.environment import LocalMesh
from deploy.local.mesh import first_addresses
from deploy.local.supervisor import Supervisor
from tests.browser.candidate.person import Candidate
from tests.browser.conftest import shot
from tests.browser.spoken.conftest import Recording, recorded
from tests.e2e.people import mesh_token
from tests.fixtures.whisper_ko.spoken import SpokenAnswers
from tests.waiting import until

pytestmark = pytest.mark.browser
Speaking = Callable[[Recording], Candidate]
STAGES = ("introduction", "introduction_follow_up", "motivation", "skill", "skill_follow_up")
_LOUDNESS = """
async () => {
  const context = new AudioContext(), analyser = context.createAnalyser();
  context.createMediaStreamSource(document.querySelector('audio').srcObject).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let peak = 0;
  for (let looks = 0; looks < 50; looks += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    analyser.getFloatTimeDomainData(samples);
    peak = Math.max(peak, ...samples.map(Math.abs));
  }
  return peak;
}
"""


def heard_until_now_s(page: Page) -> float:
    """How much of the recording has been played."""
    return float(page.evaluate("(performance.now() - window.openedAt) / 1000"))


def stored(me: Candidate) -> list[str]:
    """The answers as the server has them."""
    with me.page.expect_request(
        lambda request: "/tickets" not in request.url and _token(request) != ""
    ) as asked:
        me.page.reload()
    address = f"{me.base}/api/v1/interviews/{me.interview_id}?include_turns=true"
    found: dict[str, Any] = me.page.request.get(
        address, headers={"authorization": _token(asked.value)}
    ).json()
    return [turn["answer"]["text"] for turn in found["turns"] if turn["answer"]]


def _token(request: Request) -> str:
    return request.headers.get("authorization", "")


@pytest.mark.timeout(300)
def test_f16_spoken_answers_are_seen_while_they_are_said_and_stored_word_for_word(
    speaking: Speaking, spoken_answers: SpokenAnswers, tmp_path: Path
) -> None:
    answers = tuple(spoken_answers.of(stage) for stage in STAGES)
    recording = recorded(answers, tmp_path / "tape.wav")
    me = speaking(recording)
    captions = me.page.get_by_test_id("captions")
    for answer, end in zip(recording.answers, recording.ends, strict=True):
        first_words = " ".join(answer.text.split()[:2])
        expect(captions).to_contain_text(first_words, timeout=60_000)
        assert heard_until_now_s(me.page) < end
        expect(captions).to_contain_text(answer.sentences[-1].text, timeout=20_000)
        shot(me.page, f"spoken-{me.stage()}-ko")
        expect(captions).not_to_contain_text(first_words, timeout=20_000)
    assert me.stage() == len(STAGES) + 1
    assert stored(me) == [answer.text for answer in answers]


@pytest.mark.timeout(300)
def test_f25_a_media_process_that_is_killed_is_found_again_and_the_next_answer_is_whole(
    speaking: Speaking, spoken_answers: SpokenAnswers, mesh: LocalMesh, tmp_path: Path
) -> None:
    answers = tuple(spoken_answers.of(stage) for stage in STAGES[:2])
    me = speaking(recorded(answers, tmp_path / "tape.wav", between_s=45.0))
    captions = me.page.get_by_test_id("captions")
    expect(captions).to_contain_text(answers[0].sentences[-1].text, timeout=60_000)
    expect(captions).to_be_empty(timeout=20_000)
    os.kill(Supervisor(mesh).states()["media"].pid, signal.SIGKILL)
    expect(me.page.get_by_text(me.t("candidate.room.media.quiet"))).to_be_visible(timeout=20_000)
    expect(me.page.get_by_text(me.t("candidate.room.media.open"))).to_be_visible(timeout=40_000)
    expect(captions).to_contain_text(answers[1].sentences[-1].text, timeout=90_000)
    expect(captions).to_be_empty(timeout=20_000)
    assert stored(me) == [answer.text for answer in answers]


@pytest.mark.timeout(240)
def test_the_interviewer_is_heard_and_whoever_leaves_has_hung_up(
    speaking: Speaking, spoken_answers: SpokenAnswers, mesh: LocalMesh, tmp_path: Path
) -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed: sudo apt install espeak-ng")
    me = speaking(recorded((spoken_answers.of(STAGES[0]),), tmp_path / "tape.wav"))
    expect(me.page.get_by_text(me.t("candidate.room.presence.speaking"))).to_be_visible()
    assert me.page.evaluate(_LOUDNESS) > 0.05
    until(lambda: peers(mesh) == 1, 30, "others, who are gone without a word, are not waited for any more")
    me.button("candidate.room.leave.open").click()
    me.button("candidate.room.leave.back.do").click()
    until(lambda: peers(mesh) == 0, 10, "nobody is connected")


def peers(mesh: LocalMesh) -> int:
    """Browsers that media is connected to."""
    identity = (("authorization", f"Bearer {mesh_token(mesh)}"),)
    with grpc.insecure_channel(first_addresses(mesh)["media"]) as channel:
        stub = media_pb2_grpc.MediaServiceStub(channel)
        found = stub.GetInfo(media_pb2.MediaServiceGetInfoRequest(), metadata=identity, timeout=5)
    return int(found.peers)
