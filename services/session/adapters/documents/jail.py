"""Shuts this process in before it reads a stranger's bytes: memory, time, files, network, other programs.

Three walls, each for itself: resource limits, an empty network namespace where the kernel allows one, and an
audit hook in Python that refuses what a parser never needs. Nothing here can be taken back.
"""

import ctypes
import importlib
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_NO_NEW_PRIVS = 38
_FILES_OPEN = 64
_REFUSED = (
    "socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "os.kill",
    "os.putenv", "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate",
    "os.chmod", "os.chown", "os.listxattr", "shutil.", "pty.", "ftplib.", "urllib.", "http.", "smtplib.",
    "sqlite3.", "webbrowser.",
)  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC


def shut_in(memory_bytes: int, cpu_s: int, wall_s: float) -> None:
    """`wall_s` is when the kernel ends this process even if its parent has died.
    Call before any input is read."""
    # Files open for reading while modules load; these libraries load some late.
    _limit_resources(memory_bytes, cpu_s)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, wall_s)
    _leave_network()
    sys.addaudithook(_refuse(_readable()))


def _limit_resources(memory_bytes: int, cpu_s: int) -> None:
    for limit, soft, hard in (
        (resource.RLIMIT_AS, memory_bytes, memory_bytes),
        (resource.RLIMIT_CPU, cpu_s, cpu_s + 1),
        (resource.RLIMIT_NOFILE, _FILES_OPEN, _FILES_OPEN),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_NPROC, 0, 0),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        _, most = resource.getrlimit(limit)
        within = (soft, hard) if most == resource.RLIM_INFINITY else (min(soft, most), min(hard, most))
        resource.setrlimit(limit, within)


def _leave_network() -> bool:
    """False where the kernel forbids it; the audit hook stands either way."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    return bool(libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0)


def _readable() -> tuple[str, ...]:
    """Where code and fonts' tables lie: the interpreter, its packages, this package. Nothing else is read."""
    package = next(iter(importlib.import_module("services").__path__))
    roots = {os.path.realpath(root) for root in (sys.prefix, sys.base_prefix, sys.exec_prefix, package)}
    return tuple(os.path.join(root, "") for root in roots if root != "/")


def _refuse(readable: tuple[str, ...]) -> Callable[[str, tuple[Any, ...]], None]:
    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event.startswith(_REFUSED):
            raise PermissionError(f"a document parser may not: {event}")
        if event == "open" and not _may_open(args, readable):
            raise PermissionError("a document parser may not open this file")
        if event == "ctypes.dlopen" and not os.path.realpath(os.fsdecode(args[0] or "/")).startswith(
            readable
        ):
            raise PermissionError("a document parser may not load this library")

    return hook


def _may_open(args: tuple[Any, ...], readable: tuple[str, ...]) -> bool:
    path, mode, flags = args
    if isinstance(path, int):
        return True
    writes = (isinstance(mode, str) and bool(set(mode) & set("wax+"))) or (
        isinstance(flags, int) and bool(flags & _WRITING)
    )
    return not writes and os.path.realpath(os.fsdecode(path)).startswith(readable)
