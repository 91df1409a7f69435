"""The local NATS server with JetStream: where its binary comes from, its settings, the command that runs it.

Does not know who supervises the process, nor which streams the product keeps in it.
"""

import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.local.children import become
from deploy.local.errors import NotServingError, UnusableError
from deploy.local.secret import read_or_make_secret

USER = "viva"
OLDEST = (2, 9)
APT_TIMEOUT_S = 180
INSTRUCTIONS = (
    "install the Debian package nats-server, or download a release from https://nats.io/download "
    "and set NATS_SERVER_BIN to its path"
)
CONFIG = """\
listen: "127.0.0.1:{port}"
server_name: viva-local
max_payload: 8MB
jetstream {{
  store_dir: "{store}"
  max_memory_store: 256MB
  max_file_store: 10GB
}}
authorization {{
  user: {user}
  password: "{password}"
}}
"""


def find_nats_server(bin_dir: Path) -> Path:
    """NATS_SERVER_BIN, PATH, `bin_dir`, then the distribution's package unpacked into `bin_dir`."""
    named = os.environ.get("NATS_SERVER_BIN")
    if named:
        return _usable(Path(named))
    on_path = shutil.which("nats-server")
    if on_path:
        return _usable(Path(on_path))
    kept = bin_dir / "nats-server"
    if not kept.exists():
        _unpack_package(kept)
    return _usable(kept)


def version_of(binary: Path) -> tuple[int, ...]:
    """(major, minor, patch) as the binary itself reports it."""
    said = subprocess.run(
        [binary, "--version"], capture_output=True, text=True, check=True, timeout=10
    ).stdout
    found = re.search(r"v(\d+)\.(\d+)\.(\d+)", said)
    if found is None:
        raise UnusableError(f"{binary} does not say its version: {said.strip()!r}", INSTRUCTIONS)
    return tuple(int(part) for part in found.groups())


class Nats:
    """One server on loopback with JetStream and a password."""

    def __init__(self, home: Path, port: int, bin_dir: Path, *, password_file: Path | None = None) -> None:
        self.home = home
        self.port = port
        self.bin_dir = bin_dir
        self.password_file = password_file or home.with_name(home.name + ".password")

    @property
    def url(self) -> str:
        return f"nats://{USER}:{read_or_make_secret(self.password_file)}@127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """Finds the binary and writes the settings; safe to repeat."""
        find_nats_server(self.bin_dir)
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = CONFIG.format(
            port=self.port,
            store=self.home,
            user=USER,
            password=read_or_make_secret(self.password_file),
        )
        config = self.home / "nats.conf"
        config.touch(mode=0o600)
        config.write_text(text)

    def command(self) -> list[str]:
        return [str(find_nats_server(self.bin_dir)), "--config", str(self.home / "nats.conf")]

    def wait_ready(self, timeout_s: float = 15.0) -> None:
        """Returns once the server greets; raises NotServingError after `timeout_s` seconds."""
        deadline = time.monotonic() + timeout_s
        while not self.accepts():
            if time.monotonic() > deadline:
                raise NotServingError("NATS does not accept connections.", "viva logs nats")
            time.sleep(0.05)

    def accepts(self) -> bool:
        """Whether a NATS server, and not something else, answers on the port."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.settimeout(2)
                return connection.recv(5) == b"INFO "
        except OSError:
            return False


def _usable(binary: Path) -> Path:
    if not os.access(binary, os.X_OK):
        raise UnusableError(f"{binary} is not an executable nats-server.", INSTRUCTIONS)
    found = version_of(binary)
    if found[:2] < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        raise UnusableError(
            f"{binary} is NATS {'.'.join(map(str, found))}; {wanted} or newer is needed.", INSTRUCTIONS
        )
    return binary


def _unpack_package(target: Path) -> None:
    """Debian's package without root; the machine's package lists are left as they are."""
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        raise UnusableError("nats-server is not installed.", INSTRUCTIONS)
    with TemporaryDirectory(prefix="viva-nats-") as name:
        folder = Path(name)
        if not (_download(folder, []) or _download(folder, _private_lists(folder))):
            raise UnusableError("nats-server is not installed and apt could not fetch it.", INSTRUCTIONS)
        package = next(folder.glob("nats-server_*.deb"))
        subprocess.run(["dpkg", "-x", package, folder / "root"], check=True, timeout=APT_TIMEOUT_S)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.{os.getpid()}")
        shutil.copy2(_binary_in(folder / "root"), draft)
        draft.rename(target)


def _binary_in(root: Path) -> Path:
    found = [path for path in root.glob("usr/*/nats-server") if path.is_file()]
    if not found:
        raise UnusableError("The distribution's nats-server package holds no binary.", INSTRUCTIONS)
    return found[0]


def _download(folder: Path, options: list[str]) -> bool:
    if options and not _apt(folder, [*options, "update"]):
        return False
    return _apt(folder, [*options, "download", "nats-server"])


def _private_lists(folder: Path) -> list[str]:
    for part in ("lists/partial", "cache/archives/partial"):
        (folder / part).mkdir(parents=True)
    return ["-o", f"Dir::State::Lists={folder / 'lists'}", "-o", f"Dir::Cache={folder / 'cache'}"]


def _apt(folder: Path, arguments: list[str]) -> bool:
    command = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", *arguments]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=APT_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def main() -> None:
    """Replaces this process by the server, so that a supervisor signals the server itself."""
    from deploy.local.environment import LocalMesh

    server = LocalMesh.from_environment(dict(os.environ)).nats()
    server.prepare()
    become(server.command())


if __name__ == "__main__":
    main()
