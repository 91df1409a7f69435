"""Logs as the edge writes them: structlog's own way draws every local variable of a mistake, for seconds."""

from collections.abc import Iterator

import pytest
import structlog

from services.runtime import logs


@pytest.fixture(scope="package", autouse=True)
def json_logs() -> Iterator[None]:
    logs.configure("edge", "warning", "json")
    yield
    structlog.reset_defaults()
