"""An older database is brought to the newest schema, and what it holds stays."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from alembic import command

from deploy.local.postgres import Postgres
from services.session.adapters.postgres import migrate

pytestmark = pytest.mark.integration


@pytest.fixture
def first_release(postgres_server: Postgres) -> Iterator[str]:
    """A database as the first release left it, with a résumé and a running interview."""
    with psycopg.connect(postgres_server.dsn_of("postgres"), autocommit=True) as connection:
        connection.execute("create database first_release template viva")
        dsn = postgres_server.dsn_of("first_release")
        with migrate._engine(dsn).connect() as old:
            config = migrate._config()
            config.attributes["connection"] = old
            command.upgrade(config, "0001")
            old.commit()
        yield dsn
        connection.execute("drop database first_release with (force)")


def test_an_upgrade_keeps_resumes_and_running_interviews(first_release: str) -> None:
    account, resume, interview, turn = (uuid4() for _ in range(4))
    with psycopg.connect(first_release, autocommit=True) as connection:
        connection.execute(
            "insert into account (id, email, role) values (%s, 'a@b.cc', 'candidate')", [account]
        )
        connection.execute(
            "insert into resume (id, candidate_id, file_name, size_bytes, language, status, digest)"
            " values (%s, %s, 'cv.pdf', 1, 'ko', 'ready', '- 요약')",
            [resume, account],
        )
        connection.execute(
            "insert into interview (id, candidate_id, resume_id, scenario, language, scenario_version,"
            " status, turn_id, created_at, started_at)"
            " values (%s, %s, %s, 'standard', 'ko', 'x', 'in_progress', %s, now(), now())",
            [interview, account, resume, turn],
        )
        connection.execute(
            "insert into turn (id, interview_id, number, stage_id, status, opened_at)"
            " values (%s, %s, 1, 'introduction', 'answering', now())",
            [turn, interview],
        )
        assert migrate.pending(first_release) == ("0001", "0004")
        migrate.migrate(first_release)
        current, newest = migrate.pending(first_release)
        assert current == newest
        row = connection.execute("select digest, model_digest, model_digest_at from resume").fetchone()
        assert row == ("- 요약", "", None)
        assert connection.execute("select status, turn_id from interview").fetchone() == ("in_progress", turn)
        connection.execute("insert into prepared_passages values (%s, 10, '[\"a\"]')", [turn])
        connection.execute("insert into compaction values (%s, 4, 1, '요약', 'llm')", [interview])
        connection.execute("delete from interview")
        assert connection.execute("select count(*) from prepared_passages").fetchone() == (0,)
        assert connection.execute("select count(*) from compaction").fetchone() == (0,)


def test_migrating_twice_changes_nothing(first_release: str) -> None:
    migrate.migrate(first_release)
    migrate.migrate(first_release)
    assert migrate.pending(first_release)[0] == migrate.pending(first_release)[1]
