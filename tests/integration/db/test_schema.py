"""The schema of the database against that of the code, and the way from one to the other."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.pool import NullPool

from app.db.base import Base
from app.db.engine import parse_url
from app.db.schema import Fit, SchemaDiffers, compare, make_config, require_fit, upgrade
from tests.plugins.accounts import python_path
from tests.plugins.database import TestServer


@pytest.fixture
def empty_url(database_server: TestServer) -> Iterator[str]:
    with database_server.lend_bare() as url:
        yield url


@pytest.fixture
def migrated(database_url: str) -> Iterator[Connection]:
    with _engine(database_url).connect() as connection:
        yield connection


def _engine(url: str) -> Engine:
    return create_engine(parse_url(url), poolclass=NullPool)


def _set_revision(connection: Connection, revision: str) -> None:
    connection.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": revision})


def _migrate(url: str, revision: str) -> None:
    config = make_config()
    with _engine(url).connect() as connection:
        config.attributes["connection"] = connection
        step = command.downgrade if revision == "base" else command.upgrade
        step(config, revision)


def _compare_models(connection: Connection) -> list[object]:
    # The first upgrade of this process has imported every feature's models.
    return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


def test_the_migrations_make_what_the_models_say(migrated: Connection) -> None:
    assert _compare_models(migrated) == []
    assert len(Base.metadata.tables) > 40


def test_every_migration_can_be_undone_and_done_again(database_url: str) -> None:
    _migrate(database_url, "base")
    with _engine(database_url).connect() as connection:
        assert compare(connection) is Fit.EMPTY
        left = connection.execute(
            text(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                " AND relname NOT LIKE 'alembic_version%'"
                " UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            )
        ).all()

    upgrade(database_url)

    assert left == []
    with _engine(database_url).connect() as connection:
        assert _compare_models(connection) == []


def test_there_is_one_last_migration() -> None:
    assert len(ScriptDirectory.from_config(make_config()).get_heads()) == 1


def test_the_schema_of_the_code_fits(migrated: Connection) -> None:
    assert compare(migrated) is Fit.EQUAL
    require_fit(migrated)


def test_an_empty_database_is_refused_with_the_command_that_fills_it(empty_url: str) -> None:
    with (
        _engine(empty_url).connect() as connection,
        pytest.raises(SchemaDiffers, match="no tables yet; run `astreinte db upgrade`"),
    ):
        require_fit(connection)


def test_an_older_schema_is_refused_with_the_command_that_upgrades_it(
    migrated: Connection,
) -> None:
    first = ScriptDirectory.from_config(make_config()).get_base()
    assert first is not None
    _set_revision(migrated, first)

    with pytest.raises(SchemaDiffers, match="older than this program; run") as refusal:
        require_fit(migrated)

    assert refusal.value.fit is Fit.OLDER
    assert first in refusal.value.message


def test_a_newer_schema_is_refused_and_never_upgraded(database_url: str) -> None:
    with _engine(database_url).begin() as connection:
        _set_revision(connection, "9999_of_tomorrow")

    with pytest.raises(SchemaDiffers, match="newer than this program") as refusal:
        upgrade(database_url)

    assert refusal.value.fit is Fit.NEWER
    assert "9999_of_tomorrow" in refusal.value.message


def test_an_upgrade_of_an_upgraded_database_changes_nothing(database_url: str) -> None:
    upgrade(database_url)


def test_two_upgrades_at_once_are_one(empty_url: str, tmp_path: Path) -> None:
    environment = python_path() | {
        "ASTREINTE_DATABASE_URL": empty_url,
        "ASTREINTE_DATA_DIR": str(tmp_path),
    }
    command_line = [sys.executable, "-m", "app.cli", "db", "upgrade"]

    upgrades = [
        subprocess.Popen(command_line, env=environment, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [each.communicate(timeout=60)[1] for each in upgrades]

    assert [each.returncode for each in upgrades] == [0, 0], said
    with _engine(empty_url).connect() as connection:
        assert compare(connection) is Fit.EQUAL
