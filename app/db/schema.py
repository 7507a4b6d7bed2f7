"""Does the schema in the database fit this code? And the upgrade that makes it fit."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import NullPool

from app.db.engine import explain_absence, parse_url
from app.kit.errors import Unavailable


class Fit(StrEnum):
    """How the schema of a database stands to the schema that the code knows."""

    EMPTY = "empty"
    OLDER = "older"
    EQUAL = "equal"
    NEWER = "newer"


_ADVICE = {
    Fit.EMPTY: "the database has no tables yet; run `astreinte db upgrade`",
    Fit.OLDER: "the schema is older than this program; run `astreinte db upgrade`",
    Fit.NEWER: "the schema is newer than this program; install the version that upgraded it",
}


class SchemaDiffers(Unavailable):
    """The schema is not the one this code was written for, and nothing may be done with it.

    Parameters
    ----------
    fit
        How it differs.
    found, wanted
        Revisions in the database, and those of the code.
    """

    def __init__(self, fit: Fit, *, found: frozenset[str], wanted: frozenset[str]) -> None:
        self.fit = fit
        found_names = ", ".join(sorted(found)) or "none"
        wanted_names = ", ".join(sorted(wanted)) or "none"
        super().__init__(
            f"{_ADVICE[fit]} (revision in the database: {found_names}; "
            f"of this program: {wanted_names})"
        )


def make_config() -> Config:
    """Make Alembic's configuration for the migrations that are installed beside this package."""
    spec = find_spec("migrations")
    if spec is None or spec.origin is None:
        msg = "the package `migrations` is not installed: install the program again"
        raise Unavailable(msg)
    config = Config()
    # Alembic interpolates `%` in its options.
    folder = str(Path(spec.origin).parent).replace("%", "%%")
    config.set_main_option("script_location", folder)
    return config


def compare(connection: Connection) -> Fit:
    """Compare the revisions in the database with those of the code."""
    found, wanted, known = _read_revisions(connection)
    return _judge(found, wanted=wanted, known=known)


def require_fit(connection: Connection) -> None:
    """Refuse a database whose schema is not exactly the code's.

    Raises
    ------
    SchemaDiffers
        Saying whether it is older or newer, with both revisions and what to do.
    """
    found, wanted, known = _read_revisions(connection)
    fit = _judge(found, wanted=wanted, known=known)
    if fit is not Fit.EQUAL:
        raise SchemaDiffers(fit, found=found, wanted=wanted)


async def check(engine: AsyncEngine) -> None:
    """Refuse a database whose schema is not exactly the code's, as `require_fit` does.

    Raises
    ------
    SchemaDiffers
        Saying whether it is older or newer, with both revisions and what to do.
    Unavailable
        If nobody answers there.
    """
    try:
        async with engine.connect() as connection:
            await connection.run_sync(require_fit)
    except OperationalError as error:
        raise Unavailable(explain_absence(error.orig or error)) from error


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Connect for a command.

    Raises
    ------
    Unavailable
        If nobody answers there.
    """
    engine = create_engine(parse_url(url), poolclass=NullPool)
    try:
        connection = engine.connect()
    except OperationalError as error:
        raise Unavailable(explain_absence(error.orig or error)) from error
    with connection:
        yield connection


def upgrade(url: str) -> None:
    """Bring the schema to the code's; two at the same time wait for each other.

    Raises
    ------
    SchemaDiffers
        If the schema is newer than the code: nothing is changed.
    Unavailable
        If nobody answers there.
    """
    with connected(url) as connection:
        if compare(connection) is Fit.NEWER:
            require_fit(connection)
        connection.rollback()
        config = make_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")


def _read_revisions(
    connection: Connection,
) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    found = frozenset(MigrationContext.configure(connection).get_current_heads())
    scripts = ScriptDirectory.from_config(make_config())
    known = frozenset(script.revision for script in scripts.walk_revisions())
    return found, frozenset(scripts.get_heads()), known


def _judge(found: frozenset[str], *, wanted: frozenset[str], known: frozenset[str]) -> Fit:
    if found == wanted:
        return Fit.EQUAL
    if not found:
        return Fit.EMPTY
    return Fit.OLDER if found <= known else Fit.NEWER
