"""What an admin sees and mends in the browser, on a real mesh without model weights."""

from uuid import uuid4

import psycopg
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import assert_accessible, go, settled
from tests.browser.hiring import Hiring, Rest, make_user
from tests.browser.staff.conftest import SignIn
from tests.fixtures.first_admin import EMAIL

pytestmark = pytest.mark.browser
SCREENS = ("mesh", "turns", "calls", "work", "work?tab=aside", "users", "tokens", "audit", "retention")


def test_f30_a_missing_capability_says_what_it_means_and_which_command_mends_it(
    sign_in: SignIn, admin: Rest
) -> None:
    services = {each["name"]: each for each in admin.call("GET", "/admin/mesh")["services"]}
    missing = services["llm"]["capability"]
    assert missing["state"] != "ready"
    page = sign_in(EMAIL, "/admin/mesh")
    card = page.get_by_role("region", name="llm")
    expect(card).to_contain_text(missing["remedy"])
    expect(card).to_contain_text("질문은 시나리오의 질문 모음에서")
    card.get_by_role("button", name="llm을(를) 고치는 명령 복사하기").click()
    expect(card.get_by_text("복사했어요")).to_be_visible()


def test_failed_work_is_retried(sign_in: SignIn, admin: Rest, database: psycopg.Connection) -> None:
    subject = uuid4()
    database.execute(
        "insert into work (kind, subject_id, due_at, attempts, last_error, failed_at)"
        " values ('report', %s, now() + interval '1 day', 5, 'it broke', now())",
        [subject],
    )
    page = sign_in(EMAIL, "/admin/work")
    row = page.get_by_role("row").filter(has_text=str(subject))
    expect(row).to_contain_text("it broke")
    row.get_by_role("button", name="다시 시도").click()
    expect(page.get_by_text("다시 시도하도록 했어요.")).to_be_visible()
    expect(row).to_have_count(0)


def test_a_user_is_made_and_given_another_role_and_the_last_admin_stays(sign_in: SignIn, admin: Rest) -> None:
    email = make_user(admin, "candidate")
    page = sign_in(EMAIL, "/admin/users")
    page.get_by_role("button", name=f"{email} 역할 바꾸기").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("역할").select_option("recruiter")
    dialog.get_by_role("button", name="역할 바꾸기").click()
    expect(page.get_by_role("row").filter(has_text=email)).to_contain_text("채용 담당자")
    page.get_by_role("button", name=f"{EMAIL} 역할 바꾸기").click()
    dialog.get_by_label("역할").select_option("candidate")
    dialog.get_by_role("button", name="역할 바꾸기").click()
    expect(dialog.get_by_role("alert")).to_contain_text("마지막 관리자예요.")


def test_a_service_token_is_shown_once_and_can_be_revoked(sign_in: SignIn, admin: Rest) -> None:
    page = sign_in(EMAIL, "/admin/tokens")
    page.get_by_role("button", name="토큰 만들기").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("이름").fill("급여 시스템")
    dialog.get_by_role("button", name="발급하기").click()
    token = dialog.get_by_label("토큰", exact=True).input_value()
    assert token.count(".") == 2
    dialog.get_by_role("button", name="복사했어요, 닫기").click()
    assert token not in page.content()
    page.get_by_role("button", name="급여 시스템 토큰 폐기하기").click()
    dialog.get_by_role("button", name="폐기하기").click()
    expect(page.get_by_role("row").filter(has_text="급여 시스템")).to_contain_text("폐기됨")


@pytest.mark.parametrize(
    ("language", "theme"), [("ko", "light"), ("en", "dark"), ("ko", "dark"), ("en", "light")]
)
def test_every_screen_can_be_read_by_everybody(
    sign_in: SignIn, hiring: Hiring, language: str, theme: str
) -> None:
    page = sign_in(EMAIL, "/admin/mesh", language=language, theme=theme)
    for screen in SCREENS:
        go(page, f"/admin/{screen}")
        settled(page)
        assert_accessible(page, f"admin-{screen.replace('?tab=', '_')}-{language}-{theme}")
