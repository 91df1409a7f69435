"""A network in which a browser is alone with this machine, and that can be cut. Knows no page."""

import os
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from urllib.parse import urlsplit

import pytest

HERE, THERE = "10.79.0.1", "10.79.0.2"


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


class NetworkOfItsOwn:
    """`base` is where the edge is reached from inside: what comes there is handed on to it."""

    def __init__(self, base: str, folder: Path) -> None:
        self._name, self._device = f"viva-page-{os.getpid()}", f"vp{os.getpid()}"
        self._edge = ("127.0.0.1", urlsplit(base).port or 80)
        self.chromium = folder / "chromium"
        self.chromium.write_text(f'#!/bin/sh\nexec ip netns exec {self._name} chromium "$@"\n')
        self.chromium.chmod(0o700)

    @property
    def base(self) -> str:
        return f"http://{HERE}:{self._door.server_address[1]}"

    @property
    def flags(self) -> Sequence[str]:
        """Devices are open to safe addresses alone, and plain HTTP is safe on one machine alone."""
        return (f"--unsafely-treat-insecure-origin-as-secure={self.base}",)

    def __enter__(self) -> "NetworkOfItsOwn":
        try:
            self._make()
        except (OSError, subprocess.CalledProcessError):
            self._remove()
            pytest.skip("needs root or CAP_NET_ADMIN: network namespaces cannot be made here")
        self._door = ThreadingTCPServer((HERE, 0), _handing_on_to(self._edge))
        self._door.daemon_threads = True
        threading.Thread(target=self._door.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._door.shutdown()
        self._door.socket.close()
        self._remove()

    @contextmanager
    def cut(self) -> Iterator[None]:
        ip("link", "set", self._device, "down")
        try:
            yield
        finally:
            ip("link", "set", self._device, "up")

    def _make(self) -> None:
        ip("netns", "add", self._name)
        ip("link", "add", self._device, "type", "veth", "peer", "name", "eth0", "netns", self._name)
        ip("addr", "add", f"{HERE}/24", "dev", self._device)
        ip("link", "set", self._device, "up")
        ip("-n", self._name, "addr", "add", f"{THERE}/24", "dev", "eth0")
        ip("-n", self._name, "link", "set", "eth0", "up")
        ip("-n", self._name, "link", "set", "lo", "up")

    def _remove(self) -> None:
        subprocess.run(["ip", "netns", "delete", self._name], check=False, capture_output=True)


def _handing_on_to(address: tuple[str, int]) -> type[BaseRequestHandler]:
    class HandingOn(BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(address) as there:
                back = threading.Thread(target=_pump, args=(there, self.request), daemon=True)
                back.start()
                _pump(self.request, there)
                back.join()

    return HandingOn


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Until either side is gone; then the other one is told."""
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
