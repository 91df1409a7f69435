"""How children are started: never outliving their parent, and without root's rights where asked.

Knows no program by name.
"""

import os
import pwd
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import NoReturn

USER = "nobody"
STATE = Path("/var/lib/viva")


def is_root() -> bool:
    return os.geteuid() == 0


def tied_to_parent(command: list[str], death_signal: str) -> list[str]:
    """`command`, sent `death_signal` by the kernel when its parent dies, so that nothing is orphaned."""
    if shutil.which("setpriv") is None:
        return command
    return ["setpriv", "--pdeathsig", death_signal, "--", *command]


def demoted(command: list[str], *, death_signal: str = "keep") -> list[str]:
    """`command` as an unprivileged user when we are root, unchanged otherwise.

    `death_signal` (a name such as INT) reaches the command when its parent dies: changing user clears
    one that was set before.
    """
    if not is_root():
        return command
    user = pwd.getpwnam(USER)
    identity = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return ["setpriv", *identity, "--pdeathsig", death_signal, "--", *command]


def become(command: list[str]) -> NoReturn:
    """Replaces this process by `command`, so that a supervisor signals the command itself."""
    os.execvp(command[0], command)  # noqa: S606 (no shell is wanted)


def make_passable(folder: Path) -> None:
    """Makes `folder` inside STATE so that the unprivileged user can pass through it, whatever the umask."""
    folder.mkdir(parents=True, exist_ok=True)
    for each in (STATE, folder):
        each.chmod(0o711)


def hand_over(path: Path) -> None:
    """Gives an existing path to the unprivileged user; no effect for an ordinary user."""
    if is_root():
        user = pwd.getpwnam(USER)
        os.chown(path, user.pw_uid, user.pw_gid)


@cache
def can_reach(path: Path) -> bool:
    """Whether the unprivileged user can enter or run `path` through all of its parents."""
    tried = subprocess.run(demoted(["test", "-x", str(path)]), check=False, cwd="/")
    return tried.returncode == 0
