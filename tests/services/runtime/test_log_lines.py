"""What a log line may hold: ids and numbers, never what somebody said."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from services.runtime import logs

pytestmark = pytest.mark.unit

SECRET = "저는 홍길동입니다"


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, stderr = root.handlers[:], root.level, sys.stderr
    yield
    sys.stderr = stderr
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:], root.level = handlers, level


class Lines:
    """A configured log and what it wrote; `logging_as_before` gives stderr back."""

    def __init__(self, level: str = "info") -> None:
        self._stream = sys.stderr = io.StringIO()
        logs.configure("echo", level)
        self.log = structlog.get_logger()

    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._stream.getvalue().split("\n") if line]

    def last(self) -> dict[str, Any]:
        return self.all()[-1]


def test_a_line_says_who_when_and_how_bad() -> None:
    lines = Lines()
    logs.bind(interview_id="i1")
    lines.log.warning("probe.failed", seconds=1.5, good=False, code=None)
    line = lines.last()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "probe.failed",
        "service": "echo",
        "level": "warning",
        "interview_id": "i1",
        "seconds": 1.5,
        "good": False,
        "code": None,
    }


@given(st.text(min_size=201, max_size=5_000))
def test_a_long_value_is_cut(text: str) -> None:
    lines = Lines()
    lines.log.info("event", answer=text)
    shown = lines.last()["answer"]
    assert len(shown) < 230
    assert text[201:] not in shown or len(text[201:]) < 30


@given(
    st.sampled_from(
        [{"text": SECRET}, [SECRET], (SECRET,), {SECRET}, SECRET.encode(), ValueError(SECRET), object]
    )
)
def test_what_is_no_number_flag_or_text_shows_only_its_type(value: Any) -> None:
    lines = Lines()
    lines.log.info("event", value=value)
    assert lines.last()["value"] == f"<{type(value).__name__}>"


def test_an_exception_shows_where_and_never_what_it_says() -> None:
    lines = Lines()
    try:
        int(SECRET)
    except ValueError as error:
        lines.log.error("rpc.failed", exc_info=error)
        lines.log.exception("rpc.failed.again")
    for line in lines.all():
        assert SECRET not in json.dumps(line, ensure_ascii=False)
        assert line["error"] == "ValueError"
        assert line["exception"].startswith("test_log_lines.py:")


def test_what_libraries_log_takes_the_same_form_without_arguments_or_further_lines() -> None:
    lines = Lines()
    library = logging.getLogger("a.library")
    library.info("not worth a line")
    library.warning("lost %s", SECRET)
    try:
        raise RuntimeError(SECRET)
    except RuntimeError:
        library.exception("failed\n" + SECRET)
    first, second = lines.all()
    assert first["level"] == "warning"
    assert second["level"] == "error"
    assert second["error"] == "RuntimeError"
    assert SECRET not in json.dumps([first, second], ensure_ascii=False)


def test_a_level_hides_what_is_below_it() -> None:
    lines = Lines("warning")
    lines.log.info("quiet")
    lines.log.warning("loud")
    assert [line["event"] for line in lines.all()] == ["loud"]
