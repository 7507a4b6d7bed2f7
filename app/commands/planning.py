"""`astreinte planning generate | show | publish | export`.

Errors of the application go through; `app.cli` prints them and chooses the exit code.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncSession

from app.commands.database import database_of
from app.commands.planning_made import (
    Generation,
    Transact,
    Unit,
    describe,
    publish_revision,
)
from app.db.engine import make_unpooled_engine
from app.db.session import make_sessions
from app.planning.domain.roster.profile import Rule
from app.planning.repository import plannings
from app.planning.service.roster import RosterRow, list_roster, write_csv
from app.settings import Settings, read_settings

planning = typer.Typer(name="planning", help="Make, show, publish and export plannings.")

Result = TypeVar("Result")


_OF_REVISIONS = ("planning", "name", "revision", "number", "base", "published_at", "reason")
_OF_SEATS = ("start", "end", "segment", "line", "kind", "society", "radiologist", "reason")
_WIDE = 250
_Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
_Revision = Annotated[int, typer.Argument(help="Id of the revision.", min=1)]


class Format(StrEnum):
    """How a roster is written."""

    JSON = "json"
    CSV = "csv"


@planning.command()
def generate(
    *,
    first: Annotated[
        datetime | None,
        typer.Option(
            "--from",
            formats=["%Y-%m-%d"],
            help="First date; else last week's Monday, or the end of what is planned already.",
        ),
    ] = None,
    weeks: Annotated[int, typer.Option(min=1, max=56, help="How long.")] = 4,
    name: Annotated[str | None, typer.Option(help="Name; else the first and last date.")] = None,
    publish: Annotated[bool, typer.Option("--publish", help="Put it in force at once.")] = False,
    if_needed: Annotated[
        bool, typer.Option("--if-needed", help="Do nothing when a planning is in force now.")
    ] = False,
    solver: Annotated[
        float | None,
        typer.Option(
            min=1, max=3600, help="Let the solver search for so many seconds, not turn by turn."
        ),
    ] = None,
    as_json: _Json = False,
) -> None:
    """Share the seats of a period by volume, fill them by turn or by the solver, as a draft.

    A period that was laid out before gets a new draft; a group without segments the usual four.
    """
    settings = read_settings()
    wanted = Generation(
        zone=ZoneInfo(settings.zone),
        first=first.date() if first else None,
        weeks=weeks,
        name=name,
        publish=publish,
        if_needed=if_needed,
        seconds=solver,
    )
    _report(_run_flow(settings, wanted.generate), as_json=as_json)


@planning.command()
def show(
    revision: Annotated[
        int | None, typer.Argument(help="Id of the revision; all plannings without it.", min=1)
    ] = None,
    *,
    as_json: _Json = False,
) -> None:
    """Show the plannings and their revisions, or the seats of one revision."""
    settings = read_settings()
    zone = ZoneInfo(settings.zone)
    if revision is None:
        facts = _run(settings, _list_revisions)
        _print(facts, columns=_OF_REVISIONS, as_json=as_json)
        return

    async def work(session: AsyncSession, _: datetime) -> list[RosterRow]:
        return await list_roster(session, revision_id=revision)

    rows = [_localise(row, zone) for row in _run(settings, work)]
    _print(rows, columns=_OF_SEATS, as_json=as_json)


@planning.command()
def publish(
    revision: _Revision,
    *,
    accept: Annotated[
        list[Rule] | None, typer.Option(help="Rule that may be broken; repeat for several.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Put a draft in force."""

    async def work(session: AsyncSession, now: datetime) -> dict[str, object]:
        await publish_revision(session, now, revision=revision, accepted=accept or ())
        return await describe(session, revision)

    _report(_run(read_settings(), work), as_json=as_json)


@planning.command()
def export(
    revision: _Revision,
    *,
    to: Annotated[Format, typer.Option("--format", help="JSON or CSV.")] = Format.JSON,
    output: Annotated[Path | None, typer.Option(help="File; standard output without it.")] = None,
) -> None:
    """Write the whole planning as it stands by a revision, one row for each seat, in UTC."""

    async def work(session: AsyncSession, _: datetime) -> list[RosterRow]:
        return await list_roster(session, revision_id=revision)

    rows = _run(read_settings(), work)
    text = write_csv(rows) if to is Format.CSV else _dump([asdict(row) for row in rows]) + "\n"
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8", newline="")
        typer.echo(f"{len(rows)} seats written to {output}", err=True)


async def _list_revisions(session: AsyncSession, _: datetime) -> list[dict[str, object]]:
    return [
        {
            "planning": each.id,
            "name": each.name,
            "revision": revision.id,
            "number": revision.number,
            "base": revision.base_number,
            "published_at": revision.published_at,
            "reason": revision.reason,
        }
        for each in await plannings.list_plannings(session, limit=1000)
        for revision in await plannings.list_revisions(session, planning_id=each.id)
    ]


def _run(settings: Settings, work: Unit[Result]) -> Result:
    return _run_flow(settings, lambda transact: transact(work))


def _run_flow(settings: Settings, flow: Callable[[Transact], Awaitable[Result]]) -> Result:
    """Run several units of work, one after another, on one open database."""
    with database_of(settings, say=_say) as found:
        return asyncio.run(_run_units(found, flow))


async def _run_units(url: str, flow: Callable[[Transact], Awaitable[Result]]) -> Result:
    engine = make_unpooled_engine(url, application="astreinte planning")
    try:
        return await flow(Transact(make_sessions(engine)))
    finally:
        await engine.dispose()


def _localise(row: RosterRow, zone: ZoneInfo) -> dict[str, object]:
    return asdict(row) | {"start": row.start.astimezone(zone), "end": row.end.astimezone(zone)}


def _report(facts: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(_dump(facts) + "\n")
        return
    state = "a draft" if facts["number"] is None else f"published as number {facts['number']}"
    _say(
        f"planning {facts['planning_id']}, revision {facts['revision_id']}: {state}, "
        f"{facts['seats']} seats, {facts['uncovered']} uncovered, {facts['loans']} lent"
    )


def _print(rows: list[dict[str, object]], *, columns: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(_dump(rows) + "\n")
        return
    table = Table(*columns)
    for row in rows:
        table.add_row(*(_show(row[column]) for column in columns))
    # A pipe has no width of its own: nothing is cut there.
    console = Console() if sys.stdout.isatty() else Console(width=_WIDE)
    console.print(table)


def _show(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:%a %Y-%m-%d %H:%M}" if isinstance(value, datetime) else str(value)


def _dump(value: object) -> str:
    return json.dumps(value, default=_write_instant, ensure_ascii=False)


def _write_instant(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    msg = f"{type(value).__name__} has no form in JSON"
    raise TypeError(msg)


def _say(line: str) -> None:
    typer.echo(line, err=True)
