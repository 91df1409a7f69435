"""Signing in, registering and one's own account: what is wrong is said at its field."""

import json

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.candidate.conftest import Arrive
from tests.browser.candidate.person import PASSWORD, Candidate
from tests.browser.conftest import assert_accessible, go, settled

pytestmark = pytest.mark.browser
LOOKS = [("ko", "light"), ("en", "dark"), ("ko", "dark"), ("en", "light")]


def said_at(field: Locator) -> str:
    """What is read aloud after the field's name."""
    said = field.evaluate(
        "el => (el.getAttribute('aria-describedby') ?? '').split(' ')"
        ".map(id => document.getElementById(id)?.textContent).join(' ')"
    )
    return str(said)


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_the_way_in_can_be_read_by_everybody(arrive: Arrive, language: str, theme: str) -> None:
    me = arrive(language=language, theme=theme, width=360)
    for screen, submit in (("sign-in", "common.signIn.submit"), ("register", "common.register.submit")):
        me.page.goto(f"{me.base}/{screen}")
        settled(me.page)
        assert_accessible(me.page, f"{screen}-{language}-{theme}-360")
        me.button(submit).click()
        expect(me.page.get_by_role("alert").first).to_be_visible()
        assert_accessible(me.page, f"{screen}-refused-{language}-{theme}-360")
        expect(me.label("common.form.emailLabel")).to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_the_account_can_be_read_by_everybody(arrive: Arrive, language: str, theme: str) -> None:
    me = arrive(language=language, theme=theme, width=360)
    me.register()
    go(me.page, "/account")
    settled(me.page)
    assert_accessible(me.page, f"account-{language}-{theme}-360")
    me.button("common.account.erase.open").click()
    assert_accessible(me.page, f"account-erase-{language}-{theme}-360")


def test_what_the_page_can_see_itself_is_said_before_anything_is_sent(arrive: Arrive) -> None:
    me = arrive()
    asked: list[str] = []
    me.page.on("request", lambda request: asked.append(request.url) if "/auth/" in request.url else None)
    me.page.goto(f"{me.base}/register")
    me.label("common.form.emailLabel").fill("nobody")
    me.label("common.form.passwordLabel").fill("short")
    me.button("common.register.submit").click()
    expect(me.page.get_by_text(me.t("common.form.email"))).to_be_visible()
    assert me.t("common.form.required") in said_at(me.label("common.form.nameLabel"))
    assert me.t("common.form.passwordShort") in said_at(me.label("common.form.passwordLabel"))
    assert asked == []


def test_what_only_the_server_sees_is_said_at_its_field(arrive: Arrive) -> None:
    me = arrive()
    me.page.goto(f"{me.base}/register")
    name = me.label("common.form.nameLabel")
    name.fill("김\x07하나")
    me.label("common.form.emailLabel").fill("someone@example.com")
    me.label("common.form.passwordLabel").fill(PASSWORD)
    me.button("common.register.submit").click()
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_be_focused()
    assert me.t("common.violation.plain") in said_at(name)
    assert_accessible(me.page, "register-violation-ko")
    name.fill("김하나")
    expect(name).not_to_have_attribute("aria-invalid", "true")


def test_a_taken_address_and_a_wrong_password_are_told_with_the_way_on(arrive: Arrive) -> None:
    email = arrive().register()
    other = arrive()
    other.page.goto(f"{other.base}/register")
    other.label("common.form.nameLabel").fill("다른 사람")
    other.label("common.form.emailLabel").fill(email)
    other.label("common.form.passwordLabel").fill(PASSWORD)
    other.button("common.register.submit").click()
    expect(other.page.get_by_role("alert")).to_contain_text(other.t("common.problem.EMAIL_TAKEN.remedy"))
    other.sign_in(email, "another pass phrase")
    expect(other.page.get_by_role("alert")).to_contain_text(other.t("common.problem.LOGIN_FAILED.what"))
    other.sign_in(email)
    other.page.wait_for_url("**/home")


def test_a_changed_password_logs_out_and_only_the_new_one_opens(arrive: Arrive) -> None:
    me = arrive()
    email = me.register()
    go(me.page, "/account")
    me.label("common.account.password.old").fill(PASSWORD)
    me.label("common.account.password.new").fill("an even longer pass phrase")
    me.button("common.account.password.do").click()
    me.page.wait_for_url("**/sign-in**")
    me.sign_in(email)
    expect(me.page.get_by_role("alert")).to_contain_text(me.t("common.problem.LOGIN_FAILED.what"))
    me.sign_in(email, "an even longer pass phrase")
    me.page.get_by_role("heading", name=me.t("common.account.title")).or_(
        me.page.get_by_role("heading", name=me.t("candidate.home.title"))
    ).wait_for()


def test_everything_stored_can_be_taken_along(arrive: Arrive) -> None:
    me = arrive()
    email = me.begin()
    said = me.answer()
    me.page.goto(f"{me.base}/account")
    with me.page.expect_download() as downloading:
        me.button("common.account.data.export").click()
    told = downloading.value.path().read_text()
    assert json.loads(told)
    assert email in told
    assert said in told


def test_an_erased_account_is_gone_and_a_wrong_password_erases_nothing(arrive: Arrive) -> None:
    me = arrive()
    email = me.register()
    go(me.page, "/account")
    me.button("common.account.erase.open").click()
    dialog = me.page.get_by_role("dialog")
    password = dialog.get_by_label(me.t("common.form.passwordLabel"), exact=True)
    password.fill("not this one at all")
    erase = dialog.get_by_role("button", name=me.t("common.account.erase.do"))
    erase.click()
    expect(dialog.get_by_role("alert")).to_contain_text(me.t("common.problem.LOGIN_FAILED.what"))
    password.fill(PASSWORD)
    erase.click()
    me.page.wait_for_url("**/sign-in**")
    assert_refused(me, email)


def assert_refused(me: Candidate, email: str) -> None:
    me.sign_in(email)
    expect(me.page.get_by_role("alert")).to_contain_text(me.t("common.problem.LOGIN_FAILED.what"))
