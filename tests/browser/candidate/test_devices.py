"""What a candidate agrees to, tries and is told about camera and microphone; Chromium brings fake ones."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.candidate.conftest import Arrive
from tests.browser.candidate.person import Candidate
from tests.browser.conftest import assert_accessible

pytestmark = pytest.mark.browser
BOTH = ("camera", "microphone")


def serve_voice(me: Candidate) -> None:
    """The page is told that media serves and hears, whatever is installed here."""

    def told(route: Route) -> None:
        found = route.fetch().json()
        served = ("media", "stt")
        found["parts"] = [each for each in found["parts"] if each["name"] not in served]
        found["parts"] += [{**found["capability"], "name": name, "state": "ready"} for name in served]
        route.fulfill(json=found)

    me.page.route("**/api/v1/capabilities", told)


def setting_up(me: Candidate, *purposes: str) -> Candidate:
    serve_voice(me)
    me.register()
    me.page.goto(f"{me.base}/interviews/new")
    me.label("candidate.setup.what.language").select_option(me.language)
    me.consent(*purposes)
    return me


@pytest.mark.parametrize(("language", "theme", "width"), [("ko", "light", 1280), ("en", "dark", 360)])
def test_devices_are_tried_before_the_interview(
    arrive: Arrive, language: str, theme: str, width: int
) -> None:
    me = setting_up(
        arrive(language=language, theme=theme, width=width, devices=BOTH), "audio", "video", "recording"
    )
    me.button("candidate.devices.begin.both").click()
    video = me.page.get_by_label(me.t("candidate.devices.preview"))
    expect(video).to_be_visible()
    expect(video).not_to_have_js_property("videoWidth", 0)
    expect(me.page.get_by_text(me.t("candidate.devices.microphone.good"))).to_be_visible()
    me.button("candidate.devices.speaker.play").click()
    me.button("candidate.devices.speaker.yes").click()
    expect(me.page.get_by_text(me.t("candidate.devices.speaker.heard"))).to_be_visible()
    me.button("candidate.devices.network.look").click()
    measured = (me.t(f"candidate.devices.network.{speed}") for speed in ("good", "fair", "slow"))
    expect(me.page.get_by_text(re.compile("|".join(map(re.escape, measured))))).to_be_visible()
    assert me.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_accessible(me.page, f"devices-{language}-{theme}-{width}")


def test_a_refused_device_is_explained_and_the_interview_starts_all_the_same(arrive: Arrive) -> None:
    me = setting_up(arrive(), "audio", "video")
    me.button("candidate.devices.begin.both").click()
    for key in ("trouble.both", "mend.refused", "without.both"):
        expect(me.page.get_by_text(me.t(f"candidate.devices.{key}"))).to_be_visible()
    assert_accessible(me.page, "devices-refused-ko")
    me.button("candidate.setup.start").click()
    me.page.wait_for_url("**/room")
    me.wait_asked()
    expect(me.page.get_by_text(me.t("candidate.devices.trouble.both"))).to_be_visible()
    assert_accessible(me.page, "room-refused-ko")
    me.answer()
    assert me.stage() == 2


def test_no_camera_is_opened_with_the_accommodation_nor_without_consent(arrive: Arrive) -> None:
    me = setting_up(arrive(devices=BOTH), "audio", "video")
    me.label("candidate.setup.accommodations.noCamera").click()
    camera = me.page.get_by_test_id("consent-video").get_by_role("switch")
    expect(camera).to_be_disabled()
    expect(camera).not_to_be_checked()
    me.button("candidate.devices.begin.microphone").click()
    expect(me.page.get_by_text(me.t("candidate.devices.microphone.good"))).to_be_visible()
    expect(me.page.locator("video")).to_have_count(0)
    me.label("candidate.setup.accommodations.typed").click()
    expect(me.page.get_by_text(me.t("candidate.devices.nothingOn"))).to_be_visible()


def test_f30_a_voice_that_cannot_be_taken_is_said_so_and_answers_are_typed(arrive: Arrive) -> None:
    me = setting_up(arrive(devices=BOTH), "audio")
    problem = {"reason": "MEDIA_ENGINE_MISSING", "status": 503}
    me.page.route("**/media", lambda route: route.fulfill(status=503, json=problem))
    me.button("candidate.setup.start").click()
    me.page.wait_for_url("**/room")
    expect(me.page.get_by_text(me.t("candidate.room.media.unavailable"))).to_be_visible()
    me.wait_asked()
    assert_accessible(me.page, "room-no-media-ko")
    me.answer()
    assert me.stage() == 2
