"""Passwords and tokens without cost: for tests of what is built on them. Never for a server."""

import hashlib
import hmac
from uuid import UUID

from services.session.app.logins import Claims


class MemoryPasswords:
    """`Passwords` by one fast hash."""

    async def hash(self, password: str) -> str:
        return hashlib.sha256(password.encode("utf-8", "surrogatepass")).hexdigest()

    async def verify(self, password_hash: str | None, password: str) -> bool:
        return password_hash is not None and hmac.compare_digest(password_hash, await self.hash(password))


class MemoryTokens:
    """`Tokens` that are known because they were signed here."""

    def __init__(self) -> None:
        self._signed: dict[str, Claims] = {}

    def sign(self, claims: Claims) -> str:
        token = hashlib.sha256(repr(claims).encode()).hexdigest()
        self._signed[token] = claims
        return token

    def read(self, token: str) -> Claims | None:
        return self._signed.get(token)

    def secret_of(self, purpose: str, subject: UUID) -> str:
        return hashlib.sha256(f"{id(self)}:{purpose}:{subject}".encode()).hexdigest()
