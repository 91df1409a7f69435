"""A company with interviews behind it, and a signed-in browser per person."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.hiring import PASSWORD, Hiring, Rest, make_hiring
from tests.fixtures.first_admin import EMAIL
from tests.fixtures.first_admin import PASSWORD as ADMIN_PASSWORD

SignIn = Callable[..., Page]


@pytest.fixture(scope="package")
def hiring(base: str, admin: Rest) -> Hiring:
    return make_hiring(base, admin)


@pytest.fixture
def sign_in(browser: Browser, base: str) -> Iterator[SignIn]:
    """`sign_in(email, at, language=…, theme=…)`: a page of that person's own, at that address."""
    contexts = []

    def open_page(email: str, at: str, *, language: str = "ko", theme: str = "light") -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
        contexts.append(context)
        context.set_default_timeout(15_000)
        known = {"language": language, "theme": theme, "login": "1"}
        stored = ";".join(f"localStorage['viva.{name}']='{value}'" for name, value in known.items())
        context.add_init_script(stored)
        password = ADMIN_PASSWORD if email == EMAIL else PASSWORD
        answer = context.request.post(
            f"{base}/api/v1/auth/login", data={"email": email, "password": password}
        )
        assert answer.ok, answer.text()
        page = context.new_page()
        page.goto(base + at)
        return page

    yield open_page
    for context in contexts:
        context.close()
