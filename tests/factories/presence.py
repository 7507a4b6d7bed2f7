"""A web process without a network: it writes down whom it holds as the real one does."""

from datetime import datetime
from itertools import count

from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch.service import presence


class WebPages:
    """The pages that a web process holds open."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._numbers = count(1)
        self._streams: dict[int, int] = {}
        self.process_id: int | None = None

    async def open(self, *radiologist_ids: int, at: datetime) -> None:
        """Let readers open their pages."""
        self._streams |= {next(self._numbers): each for each in radiologist_ids}
        await self.beat(at)

    async def close(self, *radiologist_ids: int, at: datetime) -> None:
        """Let all pages of readers be closed."""
        self._streams = {
            number: each for number, each in self._streams.items() if each not in radiologist_ids
        }
        await self.beat(at)

    async def beat(self, at: datetime) -> None:
        """Say that the process lives, and whom it holds."""
        self.process_id = await presence.hold_streams(
            self._session, self.process_id, streams=self._streams, now=at
        )
