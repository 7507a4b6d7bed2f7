"""`astreinte spool verify | replay`: for the person who looks after the machine."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated, TypeVar

import typer

from app.db.engine import make_unpooled_engine
from app.db.schema import check
from app.db.session import Sessions, make_sessions
from app.kit.errors import Unavailable
from app.settings import Settings, read_settings
from app.store.layout import Layout
from dicom_gateway.database import find_url
from dicom_gateway.spool import Spool
from dicom_gateway.upkeep import Verification, replay, verify

spool = typer.Typer(name="spool", help="Look after received images.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON for a script.")]
WithOrphans = Annotated[
    bool, typer.Option("--orphans", help="Files of the store without a row too.")
]
Result = TypeVar("Result")


@spool.command("verify")
def verify_spool(*, as_json: AsJson = False) -> None:
    """Compare every stored file with the index; exit code 1 when something is wrong."""
    settings = read_settings()
    found = asyncio.run(_with_database(settings, lambda sessions: _verify(settings, sessions)))
    typer.echo(_write_json(found) if as_json else _write_text(found))
    if not found.is_sound:
        raise typer.Exit(1)


@spool.command("replay")
def replay_spool(*, orphans: WithOrphans = False) -> None:
    """Give the quarantine back to the index: a running gateway takes it at once."""
    settings = read_settings()
    opened = _open_spool(settings)
    paths: list[str] = []
    if orphans:
        found = asyncio.run(_with_database(settings, lambda sessions: _verify(settings, sessions)))
        paths = found.orphans
    typer.echo(f"{replay(opened, orphans=paths)} files wait for the index of the gateway")


def _open_spool(settings: Settings) -> Spool:
    spool = Spool(Layout(settings.data_dir.absolute()), reserve_bytes=settings.disk_reserve_bytes)
    spool.prepare()
    return spool


async def _verify(settings: Settings, sessions: Sessions) -> Verification:
    return await verify(sessions, spool=_open_spool(settings))


async def _with_database(
    settings: Settings, work: Callable[[Sessions], Awaitable[Result]]
) -> Result:
    url = find_url(settings)
    if url is None:
        msg = "no database: start `astreinte up`, or set ASTREINTE_DATABASE_URL"
        raise Unavailable(msg)
    engine = make_unpooled_engine(url)
    try:
        await check(engine)
        return await work(make_sessions(engine))
    finally:
        await engine.dispose()


def _write_json(found: Verification) -> str:
    return json.dumps({**asdict(found), "sound": found.is_sound}, default=str)


def _write_text(found: Verification) -> str:
    lines = [
        f"{found.checked} files are there and unchanged",
        f"{found.waiting} wait for the index, {len(found.set_aside)} are in quarantine",
        *(f"missing: {arrival_id}" for arrival_id in found.missing),
        *(f"damaged: {arrival_id}" for arrival_id in found.damaged),
        *(
            f"damaged segment, its sound records were kept: {name}"
            for name in found.damaged_segments
        ),
        *(f"without a row: {path}" for path in found.orphans),
        *(f"in quarantine: {name}: {reason}" for name, reason in found.set_aside.items()),
    ]
    return "\n".join(lines)
