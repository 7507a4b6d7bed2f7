"""The web application, made once for many tests: its routes take most of a second."""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager

from fastapi import FastAPI

from app.web.application import OpenContainer, create_app
from app.web.container import Container
from app.web.pages.rows import RowCache


class ReusedApplication:
    """An application that is started for one test after another."""

    def __init__(self) -> None:
        self.app = create_app(self._open_container)
        self._opens: OpenContainer | None = None

    def _open_container(self) -> AbstractAsyncContextManager[Container]:
        assert self._opens is not None, "it is started while nobody has it"
        return self._opens()

    @contextmanager
    def lend(self, open_container: OpenContainer) -> Iterator[FastAPI]:
        """Lend it to one at a time; it remembers no row of who had it before."""
        assert self._opens is None, "somebody has it already"
        self._opens = open_container
        self.app.state.row_cache = RowCache()
        try:
            yield self.app
        finally:
            self._opens = None
