"""Readers on guard with their pages open, who fall silent as a test wants."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain.actor import Actor
from app.directory.models import Radiologist
from app.dispatch import repository
from app.dispatch.repository.failover import find_down
from app.pipeline.centres import watch_centres
from tests.factories.flow import decide_due, offer_case, open_case
from tests.factories.presence import WebPages
from tests.factories.stage import NIGHT, Stage, add_radiologist, put_on_guard, set_stage

MINUTE = timedelta(minutes=1)


class Crew:
    """Four readers of four centres on guard, all with a page open, held by one web process."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.pages = WebPages(stage.session)
        self.readers: list[Radiologist] = []
        self.actors: list[Actor] = []

    async def join(self) -> None:
        radiologist, actor = await add_radiologist(self.stage)
        await put_on_guard(self.stage, radiologist)
        self.readers.append(radiologist)
        self.actors.append(actor)

    def reader(self, number: int) -> Radiologist:
        return self.readers[number]

    def actor(self, number: int) -> Actor:
        return self.actors[number]

    def centre(self, number: int) -> int:
        centre_id = self.readers[number].centre_id
        assert centre_id is not None
        return centre_id

    async def silence(self, *numbers: int, at: datetime) -> None:
        """Let the pages of some be closed, and those of all others stay open."""
        ids = [self.readers[number].id for number in numbers]
        await self.pages.close(*ids, at=at)

    async def watch(self, at: datetime) -> int:
        """Let the platform see who is there, and decide what is due then, if it made anything so.

        Returns
        -------
        int
            How many cases.
        """
        await self.pages.beat(at)
        due = await watch_centres(self.stage.session, now=at)
        if due:
            await decide_due(self.stage.session, now=at)
        return due


async def begin_guard(session: AsyncSession, *, readers: int = 4) -> Crew:
    stage = await set_stage(session)
    guard = Crew(stage)
    for _ in range(readers):
        await guard.join()
    await guard.pages.open(*[each.id for each in guard.readers], at=NIGHT)
    return guard


async def is_down(session: AsyncSession, centre_id: int) -> bool:
    return await find_down(session, centre_id) is not None


async def offer_to_first(guard: Crew) -> tuple[int, int]:
    """Let a P2 be offered to one reader, and give it with the number of that reader."""
    case_id = await open_case(guard.stage)
    await offer_case(guard.stage, case_id, at=NIGHT + 5 * MINUTE)
    (nominee,) = await repository.list_nominees(guard.stage.session, case_id)
    return case_id, [each.id for each in guard.readers].index(nominee)
