"""Structured logs on stderr, with the interview and trace they belong to. Holds no request bodies."""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, TypeAlias

import structlog
from structlog.stdlib import ProcessorFormatter

LONGEST = 200  # characters of one value; a longer one is likely somebody's words
Event: TypeAlias = MutableMapping[str, Any]

bind = structlog.contextvars.bind_contextvars
"""Adds fields, such as interview_id, to every line of the running call."""


def _unfilled(_: Any, __: str, event: Event) -> Event:
    """What a library logs, without its arguments and further lines, which may quote a person."""
    event["logger"], event["event"] = event["_record"].name, str(event["_record"].msg).partition("\n")[0]
    return event


def _plain_values(_: Any, __: str, event: Event) -> Event:
    """Lets through numbers, flags and short strings; everything else shows only its type."""
    for key, value in event.items():
        if isinstance(value, bool | int | float | type(None)) or key in ("exc_info", "_record"):
            continue
        text = value if isinstance(value, str) else f"<{type(value).__name__}>"
        event[key] = text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"
    return event


def _exception_without_words(_: Any, __: str, event: Event) -> Event:
    """The stack by file, line and function; an exception's own text may quote a person."""
    error = event.pop("exc_info", None)
    if error is True or isinstance(error, tuple):  # as logging.exception gives it
        error = (error if isinstance(error, tuple) else sys.exc_info())[1]
    if isinstance(error, BaseException):
        stack = [(frame.f_code, line) for frame, line in traceback.walk_tb(error.__traceback__)][::-1]
        places = [f"{code.co_filename.rsplit('/', 1)[-1]}:{line}:{code.co_name}" for code, line in stack]
        event.update(error=type(error).__name__, exception=" < ".join(places))
    return event


def configure(service: str, level: str = "info", fmt: str = "json") -> None:
    """`fmt` is "json" or "console". Libraries log in the same form, warnings and worse."""
    console = structlog.dev.ConsoleRenderer(colors=False)
    renderer = console if fmt == "console" else structlog.processors.JSONRenderer(ensure_ascii=False)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        lambda _, __, event: {**event, "service": service},
        _plain_values,
        _exception_without_words,
    ]
    handler = logging.StreamHandler()
    handler.setFormatter(ProcessorFormatter(processor=renderer, foreign_pre_chain=[_unfilled, *shared]))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.raiseExceptions = False  # a log that cannot be written fails nobody
    ours = logging.getLogger("viva")
    ours.setLevel(level.upper())
    structlog.configure(
        processors=[*shared, ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=lambda *_: ours,
        cache_logger_on_first_use=True,
    )
