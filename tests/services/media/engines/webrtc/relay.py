"""A TURN relay for tests: coturn, which shares a secret with media. Knows neither side."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SECRET = "north"


@contextmanager
def turn_server(
    folder: Path, *addresses: str, port: int = 3478, more: tuple[str, ...] = ()
) -> Iterator[None]:
    program = shutil.which("turnserver")
    if program is None:
        pytest.skip("coturn is not installed")
    listening = [word for address in addresses for word in ("-L", address)]
    process = subprocess.Popen(
        [
            *(program, "-n", *listening, "--listening-port", str(port), "--realm", "viva"),
            *("--use-auth-secret", "--static-auth-secret", SECRET, "--no-cli", "--no-tls", "--no-dtls"),
            *("--db", str(folder / "turn.db"), "--pidfile", str(folder / "pid"), "--log-file", "stdout"),
            *more,
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(1)
    try:
        assert process.poll() is None, "coturn ended"
        yield
    finally:
        process.kill()
        process.wait()
