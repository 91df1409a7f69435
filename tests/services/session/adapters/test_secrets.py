"""Passwords and tokens: the real ones and the costless ones keep the same promises."""

import asyncio
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.errors import ResourceExhausted
from services.session.adapters.memory.secrets import MemoryPasswords, MemoryTokens
from services.session.adapters.passwords import Argon2Passwords
from services.session.adapters.tokens import JwtTokens, Keys, KeysError, new_key, rotate
from services.session.app.access import Role
from services.session.app.logins import Claims

pytestmark = pytest.mark.unit
CHEAP = {"memory_kib": 64, "passes": 1}
NOW = datetime(2030, 1, 1, tzinfo=UTC)
CLAIMS = Claims(uuid4(), Role.CANDIDATE, NOW, NOW + timedelta(minutes=15), uuid4(), uuid4(), 3)


@pytest.fixture(params=["argon2", "memory"])
def passwords(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "memory":
        yield MemoryPasswords()
        return
    made = Argon2Passwords(**CHEAP)
    yield made
    made.close()


@pytest.fixture(params=["jwt", "memory"])
def tokens(request: pytest.FixtureRequest) -> Any:
    return JwtTokens(Keys.parse(new_key())) if request.param == "jwt" else MemoryTokens()


async def test_a_password_matches_its_own_hash_only(passwords: Any) -> None:
    kept = await passwords.hash("비밀번호 열 글자")
    assert "비밀" not in kept
    assert await passwords.verify(kept, "비밀번호 열 글자")
    for wrong in ("", "비밀번호 열 글자 ", "x" * 500, "\ud800"):
        assert not await passwords.verify(kept, wrong)


async def test_no_hash_and_a_broken_hash_match_nothing(passwords: Any) -> None:
    for kept in (None, "not a hash"):
        assert not await passwords.verify(kept, "nobody has this password")


async def test_equal_passwords_have_unequal_hashes_of_argon2id() -> None:
    passwords = Argon2Passwords(**CHEAP)
    one, other = await passwords.hash("the same"), await passwords.hash("the same")
    passwords.close()
    assert one != other
    assert one.startswith("$argon2id$")


async def test_more_logins_than_there_is_room_for_are_pushed_back() -> None:
    passwords = Argon2Passwords(**CHEAP, at_once=1, waiting=2)
    tries = await asyncio.gather(*(passwords.hash("x") for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(each, ResourceExhausted) for each in tries) == 2
    assert await passwords.hash("room again")
    passwords.close()


def test_a_token_says_what_was_signed(tokens: Any) -> None:
    assert tokens.read(tokens.sign(CLAIMS)) == CLAIMS
    service = Claims(CLAIMS.subject, Role.SERVICE, NOW, NOW, CLAIMS.subject)
    assert tokens.read(tokens.sign(service)) == service


def test_the_same_claims_give_the_same_token_and_others_another(tokens: Any) -> None:
    assert tokens.sign(CLAIMS) == tokens.sign(CLAIMS)
    assert tokens.sign(replace(CLAIMS, generation=4)) != tokens.sign(CLAIMS)


def test_a_secret_is_the_same_for_its_purpose_and_subject_only(tokens: Any) -> None:
    one, other = uuid4(), uuid4()
    secrets = {tokens.secret_of(purpose, subject) for purpose in "ab" for subject in (one, other)}
    assert len(secrets) == 4
    assert tokens.secret_of("a", one) in secrets


@given(st.text())
def test_nothing_else_is_a_token(made_up: str) -> None:
    assert JwtTokens(Keys.parse(new_key())).read(made_up) is None


def forged(secret: bytes | None, **said: object) -> str:
    claims = {
        "sub": str(uuid4()),
        "role": "admin",
        "iat": 1,
        "exp": 2**33,
        "jti": str(uuid4()),
        "aud": "viva",
    } | said
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, secret, algorithm="HS256" if secret else "none", headers={"kid": "k"})


KEY = "k" * 32


@pytest.mark.parametrize(
    "said",
    [
        {"sub": None},
        {"sub": "nobody"},
        {"role": "emperor"},
        {"exp": None},
        {"exp": "soon"},
        {"exp": 10**18},
        {"iat": None},
        {"jti": None},
        {"aud": "another"},
        {"aud": None},
        {"sid": "no id"},
        {"gen": "x", "sid": str(uuid4())},
        {"sub": 5},
        {"sid": 5},
    ],
)
def test_a_token_that_lacks_a_claim_or_says_nonsense_is_none(said: dict[str, object]) -> None:
    tokens = JwtTokens(Keys.parse(f"k:{KEY}"))
    assert tokens.read(forged(KEY.encode())) is not None
    assert tokens.read(forged(KEY.encode(), **said)) is None


def test_a_token_without_a_signature_or_with_anothers_is_none() -> None:
    tokens = JwtTokens(Keys.parse(f"k:{KEY}"))
    assert tokens.read(forged(None)) is None
    assert tokens.read(forged(b"x" * 32)) is None


def test_keys_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "access-tokens"
    first = Keys.load_or_create(file)
    assert Keys.load_or_create(file) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_after_a_rotation_the_key_before_still_reads_and_the_one_before_that_does_not(tmp_path: Path) -> None:
    file = tmp_path / "access-tokens"
    signed = []
    for _ in range(3):
        rotate(file)
        signed.append(JwtTokens(Keys.load_or_create(file)).sign(CLAIMS))
    newest = JwtTokens(Keys.load_or_create(file))
    assert [newest.read(each) is not None for each in signed] == [False, True, True]
    assert newest.sign(CLAIMS) == signed[-1]


@pytest.mark.parametrize(
    "text", ["", "k", "k:short", f"a:{KEY},a:{KEY}", f"a:{KEY},b:{KEY},c:{KEY}", f":{KEY}", "\n\n"]
)
def test_keys_that_cannot_be_used_are_refused_with_the_way_to_write_them(text: str) -> None:
    with pytest.raises(KeysError, match="id:secret"):
        Keys.parse(text)


def test_no_key_shows_when_keys_or_tokens_are_printed() -> None:
    assert KEY not in repr(Keys.parse(f"k:{KEY}"))
