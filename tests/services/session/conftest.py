"""Fixtures for tests of a whole session."""

from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path

import pytest

from services.session.adapters import scenario_files
from tests.services.session.spine import Spine, spine_on

read_once = cache(scenario_files.load_files)  # checking every shipped question takes a second


@pytest.fixture
async def spine(
    database_url: str, nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Spine]:
    """Postgres and NATS of this test's own; sessions are started on them."""
    monkeypatch.setattr(scenario_files, "load_files", read_once)
    async with spine_on(database_url, nats_url, tmp_path) as spine:
        yield spine
