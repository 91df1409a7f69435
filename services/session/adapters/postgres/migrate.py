"""Brings a database to the newest schema. Knows nothing of what the tables mean."""

from pathlib import Path

import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
LOCK = 0x56495641  # one migrating process at a time


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def _engine(dsn: str) -> sqlalchemy.Engine:
    url = sqlalchemy.make_url(dsn).set(drivername="postgresql+psycopg")
    return sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)


def migrate(dsn: str) -> None:
    """Upgrades to the newest revision; processes that start together wait for one another."""
    with _engine(dsn).connect() as connection:
        connection.exec_driver_sql(f"select pg_advisory_lock({LOCK})")
        connection.commit()
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
        connection.exec_driver_sql(f"select pg_advisory_unlock({LOCK})")
        connection.commit()


def pending(dsn: str) -> tuple[str | None, str | None]:
    """The database's revision and the newest one; equal when nothing is pending."""
    with _engine(dsn).connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current, ScriptDirectory.from_config(_config()).get_current_head()
