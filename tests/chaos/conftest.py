"""One mesh for all tests of chaos: every seed finds what the seeds before have left."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.rig import LEASE_S, Rig, running_rig


@pytest.fixture(scope="session")
def rig() -> Iterator[Rig]:
    home = Path(tempfile.mkdtemp(prefix="viva-chaos-"))
    told = {"VIVA_SESSION_LEASE_S": str(LEASE_S), "VIVA_LOG_LEVEL": "info"}
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        with running_rig(home) as running:
            yield running
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        shutil.rmtree(home)
