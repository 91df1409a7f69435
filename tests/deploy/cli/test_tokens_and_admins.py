"""`viva token` and `viva admin` as an operator types them, on a real database."""

import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from deploy.local.environment import ROOT

pytestmark = pytest.mark.integration
PASSWORD = "correct horse battery"


class Operator:
    """Types commands for a mesh whose Postgres is somebody else's."""

    def __init__(self, home: Path, dsn: str) -> None:
        self.home = home
        self.dsn = dsn

    def viva(self, *words: str, said: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "deploy.cli", *words],
            cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", "VIVA_HOME": str(self.home), "DATABASE_URL": self.dsn},
            input=said,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(query).fetchall()  # type: ignore[call-overload, no-any-return]


@pytest.fixture
def operator(tmp_path: Path, database_url: str) -> Operator:
    return Operator(tmp_path / "home", database_url)


def test_the_first_admin_is_made_by_one_command(operator: Operator) -> None:
    done = operator.viva("admin", "create", "Boss@Example.org", "--name", "대표", said=PASSWORD + "\n")
    assert (done.returncode, done.stdout) == (0, "Boss@Example.org is an admin.\n"), done.stderr
    [(email, name, role, kept)] = operator.rows(
        "select email, display_name, role, password_hash from account"
    )
    assert (email, name, role) == ("boss@example.org", "대표", "admin")
    assert PASSWORD not in str(kept)
    assert operator.rows("select actor, action from audit_entry") == [("operator", "account.created")]


def test_a_password_is_made_up_on_request_and_shown_once(operator: Operator) -> None:
    done = operator.viva("admin", "create", "boss@example.org", "--generate")
    [_, line] = done.stdout.splitlines()
    assert len(line.removeprefix("password: ")) >= 20


@pytest.mark.parametrize(("email", "password"), [("no address", PASSWORD), ("a@b.cc", "short")])
def test_an_admin_that_cannot_be_is_refused_without_a_stack_trace(
    operator: Operator, email: str, password: str
) -> None:
    done = operator.viva("admin", "create", email, said=password)
    assert done.returncode == 1
    assert "Mend it" in done.stderr
    assert "Traceback" not in done.stderr
    assert operator.rows("select * from account") == []


def test_the_same_address_makes_one_admin(operator: Operator) -> None:
    assert operator.viva("admin", "create", "a@b.cc", said=PASSWORD).returncode == 0
    again = operator.viva("admin", "create", "a@b.cc", said=PASSWORD)
    assert again.returncode == 1
    assert "has an account already" in again.stderr


def test_the_token_for_reflection_clients_is_the_meshs_own(operator: Operator) -> None:
    ops, mesh = operator.viva("token", "ops"), operator.viva("token", "mesh")
    assert ops.stdout == mesh.stdout == (operator.home / "mesh.token").read_text()
    assert len(ops.stdout.strip()) >= 32
    assert stat.S_IMODE((operator.home / "mesh.token").stat().st_mode) == 0o600


def test_a_service_token_is_issued_and_kept_by_its_id_only(operator: Operator) -> None:
    done = operator.viva("token", "service", "ats", "--days", "30")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(".") == 2
    [(name, days)] = operator.rows(
        "select name, extract(day from expires_at - created_at)::int from service_token"
    )
    assert (name, days) == ("ats", 30)
    assert stat.S_IMODE((operator.home / "keys" / "access-tokens").stat().st_mode) == 0o600


def test_a_service_token_of_no_company_is_refused(operator: Operator) -> None:
    done = operator.viva("token", "service", "ats", "--company", "00000000-0000-4000-8000-000000000000")
    assert done.returncode == 1
    assert "company" in done.stderr
    unreadable = operator.viva("token", "service", "ats", "--company", "ours")
    assert unreadable.returncode == 1
    assert "Traceback" not in unreadable.stderr


def test_a_rotation_puts_a_new_key_first_and_keeps_one(operator: Operator) -> None:
    file = operator.home / "keys" / "access-tokens"
    for _ in range(3):
        before = file.read_text().splitlines() if file.exists() else []
        assert operator.viva("token", "rotate").returncode == 0
        after = file.read_text().splitlines()
        assert after[1:] == before[:1]
        assert after[0] not in before


def test_without_a_database_the_way_to_start_one_is_said(tmp_path: Path) -> None:
    nowhere = Operator(tmp_path, "postgresql://viva:x@127.0.0.1:9/viva")
    done = nowhere.viva("token", "service", "ats")
    assert done.returncode == 1
    assert "viva up" in done.stderr
    assert "Traceback" not in done.stderr
