"""What a person at the terminal sees while it goes on; nothing of it goes into a pipe."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

from app.kit.clock import read_monotonic_s


class Narrator:
    """Shows each step while it runs, and how long it took.

    Parameters
    ----------
    console
        When it is no terminal, only `console` itself is written to: by others, with results.
    """

    def __init__(self, console: Console) -> None:
        self.console = console

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Show that something goes on; when the block ends well, a line says so."""
        if not self.console.is_terminal:
            yield
            return
        began_s = read_monotonic_s()
        with self.console.status(escape(what)):
            yield
        took_s = read_monotonic_s() - began_s
        self.console.print(f"[green]done[/] {escape(what)} [dim]{took_s:.1f} s[/]")
