"""`astreinte db upgrade | check`, `astreinte backup`, `astreinte restore`, `astreinte up`.

Errors of the application go through; `app.cli` prints them and chooses the exit code.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TimeElapsedColumn

from app.commands.database import database_of
from app.db import schema
from app.db.backup import manifest as backups
from app.db.backup.restore import restore as restore_backup
from app.db.backup.take import backup as take_backup
from app.logs import configure_logging
from app.settings import read_settings
from app.supervisor.up import run_up

db = typer.Typer(name="db", help="Upgrade and check the schema of the database.")

_Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def up() -> None:
    """Run gateway, scheduler and web on this machine, and the database if none is given."""
    settings = read_settings()
    configure_logging(settings.log_format)
    run_up(settings, say=_say)


@db.command()
def upgrade() -> None:
    """Bring the schema of the database to the one of this program."""
    with database_of(read_settings(), say=_say) as url:
        schema.upgrade(url)
    _say("the schema is up to date")


@db.command()
def check() -> None:
    """Compare the schema of the database with the one of this program; fail when they differ."""
    with database_of(read_settings(), say=_say) as url, schema.connected(url) as connection:
        schema.require_fit(connection)
    _say("the schema is the one of this program")


def backup(
    target: Annotated[Path, typer.Argument(help="Folder to make.")],
    *,
    as_json: _Json = False,
) -> None:
    """Back up the database and the images, while everything runs, and verify the copy."""
    settings = read_settings()
    with database_of(settings, say=_say) as url, _progress("backup") as progress:
        done = take_backup(
            url, data_dir=settings.data_dir.resolve(), target=target.resolve(), progress=progress
        )
    _report(done, verb="backed up", as_json=as_json)
    if done.missing:
        _say(f"{len(done.missing)} files of the database are missing or cut: {done.missing[0]}")
        raise typer.Exit(1)


def restore(
    source: Annotated[Path, typer.Argument(help="Folder that `astreinte backup` made.")],
    *,
    as_json: _Json = False,
) -> None:
    """Restore a backup into an empty database and an empty data folder."""
    settings = read_settings()
    with database_of(settings, say=_say) as url, _progress("verify") as progress:
        done = restore_backup(
            url, data_dir=settings.data_dir.resolve(), source=source.resolve(), progress=progress
        )
    _report(done, verb="restored", as_json=as_json)


@contextmanager
def _progress(label: str) -> Iterator[backups.Progress]:
    """Show progress on a terminal, nothing in a pipe."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), label, BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(label, total=None)

        def advance(size: int) -> None:
            bar.advance(task, size)

        yield advance


def _report(done: backups.Manifest, *, verb: str, as_json: bool) -> None:
    facts = {
        "taken_at": done.taken_at,
        "files": len(done.entries),
        "bytes": done.size,
        "missing": list(done.missing),
    }
    if as_json:
        sys.stdout.write(json.dumps(facts) + "\n")
    else:
        _say(f"{verb}: {len(done.entries)} files, {done.size} bytes, as of {done.taken_at}")


def _say(line: str) -> None:
    typer.echo(line, err=True)
