"""What the engine does to its process must not outlive its tests."""

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def own_environment() -> Iterator[None]:
    """MediaPipe's reports are sent to nowhere by a variable that HTTP clients of later tests would follow."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)
