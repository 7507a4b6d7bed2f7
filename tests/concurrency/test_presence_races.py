"""Two at once about who is there: each thing is done once, and nobody waits for ever."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app import pipeline
from app.cases.repository import get_case
from app.db.session import Sessions, unit_of_work
from app.directory.domain import Role
from app.directory.domain.actor import Actor
from app.dispatch.domain.failover_moves import CheckAction, CheckAnswered
from app.dispatch.domain.presence import WordRefused
from app.dispatch.models import CentreDown, Nomination, NoNewWork, PageStream, Presence, ReaderCheck
from app.dispatch.service import presence
from app.kit.errors import Conflict
from app.pipeline.centres import centre_said_down, reader_called, watch_centres
from tests.factories.flow import offer_case, open_case
from tests.factories.presence import WebPages
from tests.factories.stage import NIGHT, add_radiologist, add_user, put_on_guard, set_stage

MINUTE = timedelta(minutes=1)
LEFT = NIGHT + 6 * MINUTE
LATER = LEFT + 2 * MINUTE


class Night:
    """Two readers; one has claimed a case and is gone, another case was offered to them."""

    reading_id: int
    offered_id: int
    centre_id: int

    def __init__(self) -> None:
        self._people: dict[str, Actor] = {}

    def who(self, name: str) -> Actor:
        return self._people[name]

    async def begin(self, sessions: Sessions) -> None:
        async with unit_of_work(sessions) as session:
            stage = await set_stage(session)
            people = [await add_radiologist(stage) for _ in range(2)]
            for radiologist, _ in people:
                await put_on_guard(stage, radiologist)
            pages = WebPages(session)
            await pages.open(*[radiologist.id for radiologist, _ in people], at=NIGHT)
            self.reading_id = await open_case(stage)
            self.offered_id = await open_case(stage)
            await pages.beat(NIGHT + 5 * MINUTE)
            radiologist, self._people["gone"] = people[0]
            await pipeline.claim(session, self.reading_id, actor=self.who("gone"), now=LEFT)
            await offer_case(stage, self.offered_id, at=LEFT)
            self.centre_id = radiologist.centre_id or 0
            self._people["coordinator"] = await add_user(stage, role=Role.COORDINATOR)
            await pages.close(radiologist.id, at=LEFT)
            await pages.beat(LATER)


async def watch(sessions: Sessions) -> int:
    async with unit_of_work(sessions) as session:
        return await watch_centres(session, now=LATER)


async def count(sessions: Sessions, what: type[CentreDown | ReaderCheck | NoNewWork]) -> int:
    async with sessions() as session:
        return (await session.execute(select(func.count()).select_from(what))).scalar_one()


@pytest.mark.asyncio
async def test_two_schedulers_see_one_centre_down_once(sessions: Sessions) -> None:
    night = Night()
    await night.begin(sessions)

    await asyncio.gather(*(watch(sessions) for _ in range(4)))

    assert await count(sessions, CentreDown) == 1
    assert await count(sessions, ReaderCheck) == 1
    async with sessions() as session:
        standing = select(Nomination.case_id).where(Nomination.ended_at.is_(None))
        assert (await session.scalars(standing)).all() == [night.offered_id]


@pytest.mark.asyncio
async def test_the_platform_and_the_coordinator_say_it_at_once(sessions: Sessions) -> None:
    night = Night()
    await night.begin(sessions)

    async def say() -> None:
        async with unit_of_work(sessions) as session:
            await centre_said_down(
                session, night.centre_id, actor=night.who("coordinator"), now=LATER
            )

    await asyncio.gather(say(), watch(sessions))

    async with sessions() as session:
        (down,) = (await session.scalars(select(CentreDown))).all()
        assert (down.cause, down.ended_at) == ("coordinator", None)


@pytest.mark.asyncio
async def test_a_call_has_one_answer_and_a_signature_at_the_same_time_is_not_lost(
    sessions: Sessions,
) -> None:
    night = Night()
    await night.begin(sessions)
    await watch(sessions)
    async with sessions() as session:
        check_id = (await session.scalars(select(ReaderCheck.id))).one()

    async def answer(action: CheckAction) -> bool:
        try:
            async with unit_of_work(sessions) as session:
                await reader_called(
                    session, check_id, action=action, actor=night.who("coordinator"), now=LATER
                )
        except CheckAnswered:
            return False
        return True

    async def release() -> bool:
        try:
            async with unit_of_work(sessions) as session:
                await pipeline.release(
                    session, night.reading_id, actor=night.who("gone"), reason="x", now=LATER
                )
        except Conflict:
            return False
        return True

    fail_over, still_reading, _ = await asyncio.gather(
        answer(CheckAction.FAIL_OVER), answer(CheckAction.STILL_READING), release()
    )

    assert fail_over != still_reading
    async with sessions() as session:
        case = await get_case(session, night.reading_id)
        assert case.state == "nominated"
        assert case.dispatch_due_at is not None


@pytest.mark.asyncio
async def test_two_processes_that_lose_the_same_readers_keep_the_later_instant(
    sessions: Sessions,
) -> None:
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        ids = [(await add_radiologist(stage))[0].id for _ in range(8)]

    async def hold_and_lose(*, at: timedelta, backwards: bool) -> None:
        order = ids[::-1] if backwards else ids
        async with unit_of_work(sessions) as session:
            streams = dict(enumerate(order))
            known = await presence.hold_streams(session, None, streams=streams, now=NIGHT)
        async with unit_of_work(sessions) as session:
            await presence.hold_streams(session, known, streams={}, now=NIGHT + at)

    await asyncio.gather(*(hold_and_lose(at=n * MINUTE, backwards=n % 2 == 0) for n in range(1, 7)))

    async with sessions() as session:
        assert set((await session.scalars(select(Presence.seen_at))).all()) == {NIGHT + 6 * MINUTE}
        assert (await session.scalars(select(PageStream))).all() == []


@pytest.mark.asyncio
async def test_of_two_words_at_once_one_stands(sessions: Sessions) -> None:
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        radiologist, actor = await add_radiologist(stage)

    async def rest(minutes: int) -> None:
        async with unit_of_work(sessions) as session:
            await presence.say_no_new_work(
                session,
                radiologist_id=radiologist.id,
                until=NIGHT + minutes * MINUTE,
                actor=actor,
                now=NIGHT,
            )

    async def resume() -> bool:
        try:
            async with unit_of_work(sessions) as session:
                await presence.say_back(
                    session, radiologist_id=radiologist.id, actor=actor, now=NIGHT
                )
        except WordRefused:
            return False
        return True

    await asyncio.gather(*(rest(minutes) for minutes in (10, 20, 30)))
    ended = await asyncio.gather(*(resume() for _ in range(3)))

    assert sorted(ended) == [False, False, True]
    async with sessions() as session:
        words = (await session.scalars(select(NoNewWork))).all()
        assert len(words) == 3
        assert all(each.ended_by == actor.user_id for each in words)
