"""How Alembic reaches the database; several upgrades at once wait for each other."""

import os
import pkgutil
from importlib import import_module
from pathlib import Path

from alembic import context
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

import app
from app.db.base import Base
from app.db.embedded.attach import attach
from app.db.engine import parse_url
from app.db.locks import derive_key

_LOCK = derive_key("migrations")


def _import_models() -> None:
    """Import every feature's models, so that `alembic check` compares them all."""
    for feature in pkgutil.iter_modules(app.__path__, "app."):
        if not feature.ispkg:
            continue
        package = import_module(feature.name)
        if any(part.name == "models" for part in pkgutil.iter_modules(package.__path__)):
            import_module(f"{feature.name}.models")


def _find_url() -> str:
    """Find the database for Alembic's own command line: the environment's, else the running one."""
    given = os.environ.get("ASTREINTE_DATABASE_URL")
    return given or attach(Path(os.environ.get("ASTREINTE_DATA_DIR", "var")))


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        # Taken before the revision is read: who waited here finds nothing left to do.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        context.run_migrations()


def _run() -> None:
    given: Connection | None = context.config.attributes.get("connection")
    if given is not None:
        _migrate(given)
        return
    engine = create_engine(parse_url(_find_url()), poolclass=NullPool)
    with engine.connect() as connection:
        _migrate(connection)


_import_models()
_run()
