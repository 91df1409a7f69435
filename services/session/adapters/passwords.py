"""Password hashes: argon2id off the event loop, a few at once. Does not know whose they are."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.session.app import refusals

# OWASP's second choice for argon2id: 19 MiB, two passes, one lane; about 30 ms on one core.
MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1
WAITING_LIMIT = 64
Answer = TypeVar("Answer")


class Argon2Passwords:
    """`Passwords` with argon2id. Close it to end its threads."""

    def __init__(
        self,
        *,
        memory_kib: int = MEMORY_KIB,
        passes: int = PASSES,
        at_once: int = 2,
        waiting: int = WAITING_LIMIT,
    ) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=LANES)
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="passwords")
        self._limit = at_once + waiting
        self._waiting = 0
        # Checked in place of a missing hash, so that an unknown address takes as long as a wrong password.
        self._nobody = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        return await self._run(lambda: self._hasher.hash(_bytes(password)))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        right = await self._run(lambda: self._matches(password_hash or self._nobody, password))
        return right and password_hash is not None

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], Answer]) -> Answer:
        if self._waiting >= self._limit:
            raise refusals.too_busy()
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
