"""Who goes first in the one loop of a scheduler: what offers cases, before what sends."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_LONGEST_S = 0.5


class Precedence:
    """Lets jobs that can wait a moment do so while those run that cannot."""

    def __init__(self) -> None:
        self._running = 0
        self._is_free = asyncio.Event()
        self._is_free.set()

    @contextmanager
    def going_first(self) -> Iterator[None]:
        """Be let go first during the block; several may be at once."""
        self._running += 1
        self._is_free.clear()
        try:
            yield
        finally:
            self._running -= 1
            if not self._running:
                self._is_free.set()

    async def give_way(self, *, longest_s: float = _LONGEST_S) -> None:
        """Wait until nobody goes first, or long enough: who gives way gets on all the same."""
        with suppress(TimeoutError):
            async with asyncio.timeout(longest_s):
                await self._is_free.wait()
