"""The room with a voice, as far as the page decides it: a stand-in in the page plays media's part."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.candidate.conftest import Arrive
from tests.browser.candidate.person import Candidate
from tests.browser.candidate.test_devices import BOTH, setting_up
from tests.browser.conftest import assert_accessible

pytestmark = pytest.mark.browser
STAND_IN = Path(__file__).with_name("stand_in.js")
RELAY = {"url": "turn:relay.example:3478", "username": "1:viva", "credential": "x"}
SAID = {
    "ko": ("저는 사 년 차 백엔드 개발자입니다.", "결제 서비스를 처음부터", "끝까지 만들었"),
    "en": ("I have been a backend developer for four years.", "I built a payment", "service from"),
}


class Speaker(Candidate):
    """A candidate whose voice goes to the stand-in."""

    turn_id: str
    index: int = 0

    def tell(self, **message: Any) -> None:
        self.page.evaluate("message => media.tell(message)", message)

    def caption(self, committed: str, unstable: str = "") -> None:
        self.index += 1
        self.tell(
            type="caption", turn_id=self.turn_id, index=self.index, committed=committed, unstable=unstable
        )

    def said(self, kind: str) -> list[dict[str, Any]]:
        told = self.page.evaluate("media.said")
        return [each for each in told if each["type"] == kind]

    def sees(self, key: str) -> None:
        expect(self.page.get_by_text(self.t(key))).to_be_visible()


@pytest.fixture
def speak(arrive: Arrive) -> Any:
    """`speak(…)` as `arrive(…)`: somebody at the first question, whose voice is connected."""

    def arrived(**how: Any) -> Speaker:
        found = arrive(devices=BOTH, **how)
        me = Speaker(found.page, found.base, found.language)
        me.page.add_init_script(path=STAND_IN)
        answer = {"peer_id": "stand-in", "answer_sdp": "v=0"}
        me.page.route("**/media", lambda route: route.fulfill(json=answer))
        me.page.route("**/media/ice-servers", lambda route: route.fulfill(json={"servers": [RELAY]}))
        me.page.route("**/media/stand-in", lambda route: route.fulfill(status=204))
        setting_up(me, "audio", "video")
        with me.page.expect_response(re.compile(r"/interviews/[0-9a-f-]{36}$")) as response:
            me.button("candidate.setup.start").click()
        me.turn_id = response.value.json()["interview"]["current_turn"]["id"]
        me.sees("candidate.room.media.open")
        expect(me.button("candidate.room.answer.submit")).to_be_enabled()
        return me

    return arrived


@pytest.mark.parametrize(
    ("language", "theme", "width"),
    [("ko", "light", 1280), ("ko", "dark", 360), ("en", "dark", 1280), ("en", "light", 360)],
)
def test_a_spoken_answer_is_seen_as_it_is_heard(speak: Any, language: str, theme: str, width: int) -> None:
    me: Speaker = speak(language=language, theme=theme, width=width)
    first, committed, unstable = SAID[language]
    me.tell(type="voice", state="speaking")
    me.sees("candidate.room.presence.speaking")
    me.tell(type="voice", state="silent")
    me.caption("", first[:9])
    me.caption(first)
    me.caption(committed, unstable)
    captions = me.page.get_by_test_id("captions")
    expect(captions).to_contain_text(first)
    expect(captions.locator("[aria-live]").last).to_have_text(committed)
    expect(captions.get_by_text(unstable)).to_have_attribute("aria-hidden", "true")
    assert me.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_accessible(me.page, f"room-voice-{language}-{theme}-{width}")


def test_the_connection_may_use_the_relay_that_the_mesh_names(speak: Any) -> None:
    me: Speaker = speak()
    relay = {"urls": RELAY["url"], "username": RELAY["username"], "credential": RELAY["credential"]}
    assert me.page.evaluate("media.iceServers") == [relay]


def test_typing_shuts_the_microphone_and_speaking_opens_it_again(speak: Any) -> None:
    me: Speaker = speak()
    me.caption("말한 문장입니다.")
    me.button("candidate.room.answer.type").click()
    expect(me.box).to_be_focused()
    me.sees("candidate.room.answer.follows")
    me.sees("candidate.room.media.muted")
    assert me.said("muted")[-1]["muted"] is True
    me.box.fill("적은 문장입니다.")
    assert_accessible(me.page, "room-typing-ko")
    me.button("candidate.room.answer.speak").click()
    me.sees("candidate.room.spoken.withText")
    assert me.said("muted")[-1]["muted"] is False


def test_f21_an_end_that_media_does_not_confirm_is_submitted_by_the_page(speak: Any) -> None:
    """Nothing was said here, so the server's answer is that nothing was said."""
    me: Speaker = speak()
    me.button("candidate.room.answer.submit").dblclick()
    me.sees("common.problem.ANSWER_EMPTY.what")
    assert [each["turn_id"] for each in me.said("answer_done")] == [me.turn_id]
    me.button("candidate.room.answer.type").click()
    me.answer()
    assert me.stage() == 2


def test_what_becomes_of_the_voice_is_said_in_words(speak: Any) -> None:
    me: Speaker = speak()
    me.tell(type="listening", state="recovering")
    me.sees("candidate.room.media.recovering")
    me.tell(type="lost", turn_id=me.turn_id)
    me.sees("candidate.room.spoken.lost")
    assert_accessible(me.page, "room-recovering-ko")
    me.page.evaluate("media.hangUp()")
    me.sees("candidate.room.media.waiting")
    me.sees("candidate.room.media.open")
    me.tell(type="listening", state="off")
    me.sees("candidate.room.media.deaf")
    expect(me.box).to_be_focused()
