"""Structured logs on stderr, with the interview and trace they belong to. Holds no request bodies."""

import io
import logging
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, TextIO, TypeAlias, cast

import structlog

LONGEST = 200  # characters of one value; a longer one is likely somebody's words
Event: TypeAlias = MutableMapping[str, Any]

bind = structlog.contextvars.bind_contextvars
"""Adds fields, such as interview_id, to every line of the running call."""


def _plain_values(_: Any, __: str, event: Event) -> Event:
    """Lets through numbers, flags and short strings; everything else shows only its type."""
    for key, value in event.items():
        if isinstance(value, bool | int | float | type(None)) or key == "exc_info":
            continue
        text = value if isinstance(value, str) else f"<{type(value).__name__}>"
        event[key] = text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"
    return event


def _exception_without_words(_: Any, __: str, event: Event) -> Event:
    """The stack by file, line and function; an exception's own text may quote a person."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        frames, trace = [], error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            frames.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}:{code.co_name}")
            trace = trace.tb_next
        event["error"] = type(error).__name__
        event["exception"] = " < ".join(reversed(frames))
    return event


class _Output(io.TextIOBase):
    """Where all loggers write, kept ones too; a log that cannot be written must not fail a call."""

    stream: TextIO = sys.stderr

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            self.stream.write(text)
            self.stream.flush()
        return len(text)


_output = _Output()


class _Libraries(logging.Handler):
    """What libraries log, in our form; without arguments and further lines, which may quote a person."""

    def emit(self, record: logging.LogRecord) -> None:
        first_line = str(record.msg).partition("\n")[0]
        error = record.exc_info[1] if record.exc_info else None
        structlog.get_logger().log(record.levelno, first_line, logger=record.name, exc_info=error)


def configure(service: str, level: str = "info", fmt: str = "json") -> None:
    """`fmt` is "json" or "console"."""
    _output.stream = sys.stderr
    console = structlog.dev.ConsoleRenderer(colors=False)
    renderer = console if fmt == "console" else structlog.processors.JSONRenderer(ensure_ascii=False)

    def name_service(_: Any, __: str, event: Event) -> Event:
        event["service"] = service
        return event

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            name_service,
            _plain_values,
            _exception_without_words,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _output)),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Libraries()], force=True)
