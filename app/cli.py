"""The command `astreinte`.

Exit code 0 only on success; an error of ours is one line that says what to do, and exit code 1.
"""

import asyncio
import errno
import sys

import typer

from app.commands import db as db_commands
from app.commands.planning import planning
from app.kit.errors import AppError
from app.logs import configure_logging
from app.settings import Bind, Settings, read_settings
from dicom_gateway.commands import spool

app = typer.Typer(
    name="astreinte",
    help="On-call dispatch of emergency teleradiology.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("up")(db_commands.up)
app.command("backup")(db_commands.backup)
app.command("restore")(db_commands.restore)
app.add_typer(db_commands.db)
app.add_typer(planning)
app.add_typer(spool)


def _start() -> Settings:
    settings = read_settings()
    configure_logging(settings.log_format)
    return settings


@app.command()
def web() -> None:
    """Serve the pages and the API."""
    import uvicorn

    from app.bootstrap import find_database_url

    settings = _start()
    find_database_url(settings)
    _check_bind(settings.http_bind)
    uvicorn.run(
        "app.main:make_app",
        factory=True,
        host=settings.http_bind.host,
        port=settings.http_bind.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
    )


@app.command()
def scheduler() -> None:
    """Settle studies, dispatch cases, send what must leave."""
    from scheduler.main import run_scheduler

    settings = _start()
    asyncio.run(run_scheduler(settings))


@app.command()
def gateway(
    *,
    check: bool = typer.Option(default=False, help="Only ask the running one whether it answers."),
) -> None:
    """Receive images by DICOM."""
    from dicom_gateway.main import run
    from dicom_gateway.probe import check_health

    settings = _start()
    if check:
        check_health(settings)
    else:
        run(settings)


@app.command()
def demo(
    *,
    once: bool = typer.Option(default=False, help="End after the main job."),
) -> None:
    """Start everything with simulated hospitals, and play the main job for real."""
    from app.commands.demo import demo as play

    play(once=once)


def _check_bind(bind: Bind) -> None:
    """Say in a sentence what a server would say in a traceback."""
    import socket

    family = socket.AF_INET6 if ":" in bind.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind.host, bind.port))
        except OSError as error:
            reason = "is in use" if error.errno == errno.EADDRINUSE else f"fails: {error.strerror}"
            msg = f"the address {bind} {reason}: set ASTREINTE_HTTP_BIND to another one"
            raise AppError(msg) from error


def main() -> None:
    """Run a command, and turn an error of ours into a line on standard error."""
    try:
        app()
    except AppError as error:
        sys.stderr.write(f"astreinte: {error.message}\n")
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
