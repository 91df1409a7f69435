"""A candidate at the page: every step a person takes, by the words on the screen. Judges nothing."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from playwright.sync_api import Locator, Page, expect

from deploy.local.environment import ROOT

LOCALES = ROOT / "edge-api" / "web" / "src" / "locales"
PASSWORD = "a long pass phrase"  # of accounts that live as long as their test's mesh
STAGES = 15
ANSWERS = {
    "ko": "저는 정산 서버의 응답 시간을 120밀리초 줄였습니다. 로그로 원인을 찾아 고쳤습니다. ({n}번째)",
    "en": "I cut the settlement server's response time by 120 ms. The logs showed why. (answer {n})",
}
RESUME = "경력\n2021년 물류 회사에서 정산 배치를 Kotlin으로 다시 만들었습니다.\n\n기술\nKotlin, PostgreSQL\n"


def texts(language: str) -> dict[str, str]:
    """Key → text of one locale file, nested keys joined by dots."""
    found: dict[str, str] = {}

    def walk(prefix: str, node: Any) -> None:
        for key, value in node.items():
            walk(f"{prefix}{key}.", value) if isinstance(value, dict) else found.update({prefix + key: value})

    walk("", json.loads((LOCALES / f"{language}.json").read_text()))
    return found


@dataclass
class Candidate:
    page: Page
    base: str
    language: str = "ko"
    answered: int = 0

    def t(self, key: str) -> str:
        return texts(self.language)[key]

    def button(self, key: str) -> Locator:
        return self.page.get_by_role("button", name=self.t(key), exact=True)

    def link(self, key: str) -> Locator:
        return self.page.get_by_role("link", name=self.t(key), exact=True)

    def label(self, key: str) -> Locator:
        return self.page.get_by_label(self.t(key), exact=True)

    def register(self) -> str:
        """The address that the account has."""
        email = f"{uuid4().hex}@example.com"
        self.page.goto(f"{self.base}/register")
        self.label("common.form.nameLabel").fill("김하나")
        self.label("common.form.emailLabel").fill(email)
        self.label("common.form.passwordLabel").fill(PASSWORD)
        self.button("common.register.submit").click()
        self.page.wait_for_url("**/home")
        return email

    def sign_in(self, email: str, password: str = PASSWORD) -> None:
        self.page.goto(f"{self.base}/sign-in")
        self.label("common.form.emailLabel").fill(email)
        self.label("common.form.passwordLabel").fill(password)
        self.button("common.signIn.submit").click()

    def upload(self, file: Path) -> None:
        self.page.goto(f"{self.base}/resume")
        self.page.locator("input[type=file]").set_input_files(file)

    def set_up(self) -> None:
        """Consents to what is needed and starts."""
        self.consent()
        self.button("candidate.setup.start").click()
        self.page.wait_for_url("**/room")
        self.wait_asked()

    def consent(self, *purposes: str) -> None:
        """Agrees to what is needed, and to `purposes` such as "audio"."""
        for purpose in ("processing", *purposes):
            self.page.get_by_test_id(f"consent-{purpose}").get_by_role("switch").click()

    def begin(self) -> str:
        """From nothing into the first question, without a résumé; the address of the new account."""
        email = self.register()
        self.page.goto(f"{self.base}/interviews/new")
        self.label("candidate.setup.what.language").select_option(self.language)
        self.set_up()
        return email

    @property
    def question(self) -> Locator:
        return self.page.get_by_test_id("question")

    @property
    def box(self) -> Locator:
        return self.page.locator("textarea")

    def wait_asked(self) -> str:
        """The question, once it stands and may be answered."""
        self.page.locator("textarea:not([readonly])").wait_for()
        return self.question.inner_text()

    def stage(self) -> int:
        """Which stage the page says it is at, from 1."""
        pattern = re.escape(self.t("candidate.room.stageShown")).replace(r"\{\{number\}\}", r"(\d+)")
        shown = pattern.partition(r"\{\{all\}\}")[0]
        found = re.search(shown, self.page.locator("main").inner_text())
        assert found, "the page names no stage"
        return int(found[1])

    def type(self) -> str:
        text = ANSWERS[self.language].format(n=self.answered + 1)
        self.box.fill(text)
        return text

    def answer(self) -> str:
        """Answers and waits for what comes next: another question, or the end."""
        text = self.type()
        self.submit()
        return text

    def submit(self) -> None:
        self.button("candidate.room.answer.submit").click()
        self.answered += 1
        if self.answered < STAGES:
            self.moved_on()

    def moved_on(self, within_s: float = 20.0) -> None:
        """The next question stands: what was typed for the last one is gone."""
        expect(self.box).to_have_value("", timeout=within_s * 1000)
        self.wait_asked()

    def end_early(self) -> None:
        """Ends the interview after what was answered, and waits for its report."""
        self.button("candidate.room.leave.open").click()
        self.button("candidate.room.leave.end.do").click()
        self.page.wait_for_url("**/done")
        self.link("candidate.done.report").wait_for(timeout=60_000)

    @property
    def interview_id(self) -> str:
        return self.page.url.split("/interviews/")[1].split("/")[0]
