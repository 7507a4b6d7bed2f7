"""A process that dies between two statements: nothing of its transaction is kept.

What is asked in a `together` block is no such point: it only reads.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.session import Sessions


class Killed(BaseException):
    """The process is gone: nothing of ours runs any more."""


@dataclass(slots=True)
class Bomb:
    """Goes off before the statement of this number."""

    left: int
    has_fired: bool = False

    def tick(self, *_: object) -> None:
        """Count a statement, or end the process."""
        self.left -= 1
        if self.left < 0 and not self.has_fired:
            self.has_fired = True
            raise Killed


@contextmanager
def laid(sessions: Sessions, bomb: Bomb) -> Iterator[None]:
    """Let a bomb tick at each statement, and at each commit."""
    engine = sessions.kw["bind"]
    assert isinstance(engine, AsyncEngine)
    target = engine.sync_engine
    for name in ("before_cursor_execute", "commit"):
        event.listen(target, name, bomb.tick)
    try:
        yield
    finally:
        for name in ("before_cursor_execute", "commit"):
            event.remove(target, name, bomb.tick)
