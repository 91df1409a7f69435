"""Files that are no résumé: the page says what is wrong and what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.candidate.conftest import Arrive
from tests.browser.candidate.person import RESUME
from tests.browser.conftest import assert_accessible
from tests.fixtures.documents import encrypted_pdf, image_only_pdf

pytestmark = pytest.mark.browser

FILES: dict[str, Callable[[], bytes]] = {
    "RESUME_ENCRYPTED": lambda: encrypted_pdf("secret"),
    "RESUME_IMAGE_ONLY": image_only_pdf,
    "RESUME_EMPTY": lambda: b"   \n",
    "RESUME_WRONG_TYPE": lambda: b"\x7fELF" + bytes(200),
}


def test_each_file_that_cannot_be_read_is_named_with_what_mends_it(arrive: Arrive, tmp_path: Path) -> None:
    me = arrive()
    me.register()
    for reason, made in FILES.items():
        ending = "pdf" if "PDF" in made()[:8].decode("latin-1") else "txt"
        file = tmp_path / f"{reason}.{ending}"
        file.write_bytes(made())
        me.upload(file)
        expect(me.page.get_by_text(me.t(f"common.problem.{reason}.what")).first).to_be_visible()
        expect(me.page.get_by_text(me.t(f"common.problem.{reason}.remedy")).first).to_be_visible()
    assert_accessible(me.page, "resume-refused-ko")


def test_what_was_understood_is_corrected_and_kept(arrive: Arrive, tmp_path: Path) -> None:
    me = arrive()
    me.register()
    file = tmp_path / "cv.txt"
    file.write_text("기술\nKotlin, PostgreSQL\n")
    me.upload(file)
    me.link("candidate.resume.next").wait_for()
    me.button("candidate.resume.edit").click()
    me.label("candidate.resume.skills").fill("Kotlin, Kafka")
    me.button("candidate.resume.save").click()
    expect(me.page.get_by_text("Kafka").first).to_be_visible()
    me.page.reload()
    expect(me.page.get_by_text("Kafka").first).to_be_visible()


def test_whoever_comes_from_home_finds_the_newest_resume_chosen_and_may_leave_it_out(
    arrive: Arrive, tmp_path: Path
) -> None:
    me = arrive()
    me.register()
    for name in ("first.txt", "second.txt"):
        (tmp_path / name).write_text(f"{RESUME}\n{name}\n")
        me.upload(tmp_path / name)
        me.page.get_by_role("heading", name=name).wait_for()
        me.link("candidate.resume.next").first.wait_for()
    me.page.goto(f"{me.base}/home")
    me.link("candidate.home.start.do").click()
    resume = me.label("candidate.setup.what.resume")
    expect(resume.locator("option:checked")).to_have_text("second.txt")
    resume.select_option(label=me.t("candidate.setup.what.noResume"))
    expect(resume.locator("option:checked")).to_have_text(me.t("candidate.setup.what.noResume"))
