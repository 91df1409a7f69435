from collections.abc import Callable, Iterator, Sequence

import pytest
from playwright.sync_api import Browser

from tests.browser.candidate.person import Candidate

Arrive = Callable[..., Candidate]


@pytest.fixture
def arrive(browser: Browser, base: str) -> Iterator[Arrive]:
    """`arrive(language=…, theme=…, width=…, devices=…)`: somebody who opens the page for the first time.

    `devices` are those that the browser may open, such as "camera"; it refuses the others.
    """
    contexts = []

    def new(
        *, language: str = "ko", theme: str = "light", width: int = 1280, devices: Sequence[str] = ()
    ) -> Candidate:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, reduced_motion="reduce", permissions=devices
        )
        contexts.append(context)
        context.set_default_timeout(20_000)
        context.add_init_script(
            f"localStorage['viva.language'] = '{language}'; localStorage['viva.theme'] = '{theme}'"
        )
        return Candidate(context.new_page(), base, language)

    yield new
    for context in contexts:
        context.close()
