"""The command `astreinte`.

Exit code 0 only on success; an error of ours is one line that says what to do, and exit code 1.
"""

import asyncio
import sys
from contextlib import suppress
from enum import StrEnum
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from app.kit.errors import AppError
from app.logs import configure_logging
from app.settings import Settings, read_settings
from app.store.layout import Layout

_NOT_STARTED = 3
"""What uvicorn's own command ends with."""

# Loaded when asked for: the supervisor of a gateway has no use for the database, nor the patience.
_ELSEWHERE = {
    "up": "app.commands.db:up",
    "backup": "app.commands.db:backup",
    "restore": "app.commands.db:restore",
    "db": "app.commands.db:db",
    "planning": "app.commands.planning:planning",
    "simulate": "app.commands.simulate:simulate",
    "spool": "dicom_gateway.commands:spool",
    "tls": "app.commands.tls:tls",
}


class _Commands(TyperGroup):
    """The commands of this module, and those that stand elsewhere."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 - typer hides the type
        """List all names, for the help."""
        return [*super().list_commands(ctx), *_ELSEWHERE]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - typer hides the types
        """Load a command that stands elsewhere."""
        place = _ELSEWHERE.get(cmd_name)
        if place is None:
            return super().get_command(ctx, cmd_name)
        module, _, name = place.partition(":")
        found = getattr(import_module(module), name)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False)
            alone.command(cmd_name)(found)
            found = alone
        return typer.main.get_command(found)


app = typer.Typer(
    name="astreinte",
    cls=_Commands,
    help="On-call dispatch of emergency teleradiology.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class GatewayAction(StrEnum):
    """What the command does with the gateway."""

    RUN = "run"
    DRAIN = "drain"


def _start() -> Settings:
    settings = read_settings()
    configure_logging(settings.log_format)
    return settings


@app.command()
def web() -> None:
    """Serve the pages and the API."""
    import uvicorn

    from app.bootstrap import find_database_url
    from app.web.listening import BoundedHead, open_listener

    settings = _start()
    find_database_url(settings)
    listener = open_listener(settings.http_bind)
    config = uvicorn.Config(
        "app.main:make_app",
        factory=True,
        http=BoundedHead,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    server = uvicorn.Server(config)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    if not server.started:
        raise SystemExit(_NOT_STARTED)


@app.command()
def scheduler() -> None:
    """Settle studies, dispatch cases, send what must leave."""
    from scheduler.main import run_scheduler

    settings = _start()
    asyncio.run(run_scheduler(settings))


@app.command()
def gateway(
    action: Annotated[
        GatewayAction, typer.Argument(help="Run it, or let the running one end its work.")
    ] = GatewayAction.RUN,
    *,
    check: bool = typer.Option(default=False, help="Only ask the running one whether it answers."),
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="Reception processes, instead of the setting."),
    ] = None,
    replace: bool = typer.Option(
        default=False, help="Take the place of the one that runs; it drains."
    ),
) -> None:
    """Receive images by DICOM."""
    settings = _start()
    if check:
        from dicom_gateway.probe import check_health

        check_health(settings)
    elif action is GatewayAction.DRAIN:
        from dicom_gateway.drain import drain

        for each in drain(Layout(settings.data_dir.absolute()).running):
            typer.echo(f"gateway {each.pid} drains: it ends with its last association")
    else:
        from app.supervisor.plan import Plan, become_supervisor

        become_supervisor(Plan.from_settings(settings, workers=workers, replaces=replace))


@app.command()
def demo(
    *,
    once: bool = typer.Option(default=False, help="End after the main job."),
) -> None:
    """Start everything with simulated hospitals, and play the main job for real."""
    from app.commands.demo import demo as play

    play(once=once)


def main() -> None:
    """Run a command, and turn an error of ours into a line on standard error."""
    try:
        app()
    except AppError as error:
        sys.stderr.write(f"astreinte: {error.message}\n")
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
