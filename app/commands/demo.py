"""`astreinte demo [--once]`.

Errors of the application go through; `app.cli` prints them and chooses the exit code.
"""

import typer
from rich.console import Console

from app.demo.run import Interrupted, run_demo
from app.settings import read_settings

_INTERRUPTED = 130
"""What a shell says of a command that Ctrl-C has ended."""


def demo(*, once: bool) -> None:
    """Start everything with simulated hospitals, and play the main job for real.

    Exit code 0 only if every step was seen, from the first image to the hospital's copy.
    """
    try:
        run_demo(read_settings(), once=once, console=Console())
    except Interrupted:
        raise typer.Exit(_INTERRUPTED) from None
