"""Secrets that several ask for at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy.local.secret import read_or_make_secret

pytestmark = pytest.mark.unit


def test_threads_that_race_for_a_secret_read_the_same_one(tmp_path: Path) -> None:
    for attempt in range(20):
        path = tmp_path / f"secret{attempt}"
        with ThreadPoolExecutor(8) as threads:
            found = set(threads.map(read_or_make_secret, [path] * 8))
        assert len(found) == 1
        assert [each.name for each in tmp_path.glob(f".secret{attempt}.*")] == []
