"""When most fall silent at once it is our own fault; and who must never be held gone."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.dispatch import repository
from app.dispatch.models import CentreDown, WebProcess
from app.dispatch.service.presence_board import load_board
from app.pipeline.centres import watch_centres
from app.planning.models import Assignment
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind
from tests.factories.crews import begin_guard, is_down, offer_to_first
from tests.factories.flow import offer_case, open_case
from tests.factories.presence import WebPages
from tests.factories.stage import NIGHT, add_radiologist, put_on_guard

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.asyncio
async def test_when_most_fall_silent_at_once_nothing_is_revoked_and_the_alarm_rings(
    session: AsyncSession,
) -> None:
    guard = await begin_guard(session)
    case_id, first = await offer_to_first(guard)
    left = NIGHT + 6 * MINUTE
    await guard.silence(0, 1, 2, 3, at=left)

    await guard.watch(left + 29 * SECOND)
    before = await tasks.list_standing(session, TaskKind.MASS_SILENCE)
    await guard.watch(left + 30 * SECOND)
    await guard.watch(left + 10 * MINUTE)

    (alarm,) = await tasks.list_standing(session, TaskKind.MASS_SILENCE)
    assert before == []
    assert (alarm.roles, alarm.detail) == (["coordinator", "gcs_admin"], {"silent": 4, "came": 4})
    assert await repository.list_nominees(session, case_id) == {guard.reader(first).id}
    assert (await session.scalars(select(CentreDown))).all() == []


@pytest.mark.asyncio
async def test_when_they_are_heard_again_the_alarm_ends_and_who_is_still_silent_gets_90_s(
    session: AsyncSession,
) -> None:
    guard = await begin_guard(session)
    left = NIGHT + 6 * MINUTE
    await guard.silence(0, 1, 2, 3, at=left)
    await guard.watch(left + 5 * MINUTE)
    back = left + 6 * MINUTE
    await guard.pages.open(*[each.id for each in guard.readers[1:]], at=back)

    await guard.watch(back)
    alarms = await tasks.list_standing(session, TaskKind.MASS_SILENCE)
    await guard.watch(back + 89 * SECOND)
    spared = not await is_down(session, guard.centre(0))
    await guard.watch(back + 90 * SECOND)

    assert alarms == []
    assert spared
    assert await is_down(session, guard.centre(0))


@pytest.mark.asyncio
async def test_while_our_own_web_is_dead_nobody_is_gone(session: AsyncSession) -> None:
    guard = await begin_guard(session, readers=1)
    backup, _ = await add_radiologist(guard.stage)
    await put_on_guard(guard.stage, backup, line="backup")
    case_id, _ = await offer_to_first(guard)
    await guard.pages.beat(NIGHT + 6 * MINUTE)

    # The process was killed: nobody beats any more, and nobody comes back.
    offered = await watch_centres(session, now=NIGHT + 8 * MINUTE)

    assert offered == 0
    assert len(await tasks.list_standing(session, TaskKind.MASS_SILENCE)) == 1
    assert await repository.list_nominees(session, case_id) == {guard.reader(0).id}


@pytest.mark.asyncio
@pytest.mark.parametrize("before_end", [3 * HOUR, 10 * MINUTE])
async def test_while_our_own_web_is_too_busy_to_say_that_it_lives_nobody_is_gone(
    session: AsyncSession, before_end: timedelta
) -> None:
    guard = await begin_guard(session)
    case_id, first = await offer_to_first(guard)
    ends_at = await read_end_of_guard(session, guard.reader(first).id)
    last_beat = ends_at - before_end
    await guard.pages.beat(last_beat)
    offered = await repository.list_nominees(session, case_id)

    made_due = [
        await watch_centres(session, now=last_beat + seconds * SECOND)
        for seconds in (29, 30, 89, 90, 91, 180)
    ]
    back = last_beat + 181 * SECOND
    made_due += [await guard.watch(back + seconds * SECOND) for seconds in (0, 5, 89, 90, 95)]

    assert set(made_due) == {0}
    assert (await session.scalars(select(CentreDown))).all() == []
    assert await repository.list_nominees(session, case_id) == offered
    assert await tasks.list_standing(session, TaskKind.MASS_SILENCE) == []


async def read_end_of_guard(session: AsyncSession, radiologist_id: int) -> datetime:
    mine = Assignment.radiologist_id == radiologist_id
    period = (await session.scalars(select(Assignment.period).where(mine))).one()
    assert period.upper is not None
    return period.upper


@pytest.mark.asyncio
async def test_a_clock_that_jumps_ahead_revokes_nothing(session: AsyncSession) -> None:
    guard = await begin_guard(session)
    case_id, first = await offer_to_first(guard)
    now = NIGHT + 6 * MINUTE
    await guard.pages.beat(now)

    # The database's clock is set 10 minutes ahead, and the web has not yet beaten by it.
    await watch_centres(session, now=now + 10 * MINUTE)
    await guard.watch(now + 10 * MINUTE + 5 * SECOND)

    assert await repository.list_nominees(session, case_id) == {guard.reader(first).id}
    assert (await session.scalars(select(CentreDown))).all() == []
    assert await tasks.list_standing(session, TaskKind.MASS_SILENCE) == []


@pytest.mark.asyncio
async def test_a_clock_that_is_set_back_lets_nobody_be_seen_in_the_future(
    session: AsyncSession,
) -> None:
    guard = await begin_guard(session)
    await guard.pages.beat(NIGHT + 20 * MINUTE)
    now = NIGHT + 10 * MINUTE
    await guard.watch(now)

    await guard.silence(0, at=now)
    await guard.watch(now + 90 * SECOND)

    assert await is_down(session, guard.centre(0))


@pytest.mark.asyncio
async def test_who_is_on_the_backup_line_needs_no_page_to_be_called(session: AsyncSession) -> None:
    guard = await begin_guard(session)
    backup, _ = await add_radiologist(guard.stage)
    await put_on_guard(guard.stage, backup, line="backup")
    case_id = await open_case(guard.stage, urgent=True)
    await offer_case(guard.stage, case_id, at=NIGHT)

    for minute in (2, 4):
        at = NIGHT + minute * MINUTE
        await guard.pages.beat(at)
        await pipeline.case_due(session, case_id, now=at)

    assert backup.id in await repository.list_nominees(session, case_id)


@pytest.mark.asyncio
async def test_a_reader_who_never_came_is_not_asked_while_others_are_there(
    session: AsyncSession,
) -> None:
    guard = await begin_guard(session, readers=1)
    absent, _ = await add_radiologist(guard.stage)
    await put_on_guard(guard.stage, absent)
    case_id = await open_case(guard.stage, urgent=True)

    await offer_case(guard.stage, case_id, at=NIGHT)

    assert await repository.list_nominees(session, case_id) == {guard.reader(0).id}


@pytest.mark.asyncio
async def test_a_centre_whose_last_reader_went_off_guard_is_no_longer_down(
    session: AsyncSession,
) -> None:
    guard = await begin_guard(session)
    await guard.silence(0, at=NIGHT)
    await guard.watch(NIGHT + 2 * MINUTE)
    assert await is_down(session, guard.centre(0))

    mine = Assignment.radiologist_id == guard.reader(0).id
    await session.execute(update(Assignment).where(mine).values(in_force=False))

    await guard.watch(NIGHT + 3 * MINUTE)

    assert not await is_down(session, guard.centre(0))


@pytest.mark.asyncio
async def test_a_web_that_was_killed_keeps_its_readers_for_90_s_and_not_for_ever(
    session: AsyncSession,
) -> None:
    """After kill -9 nobody closes its streams: they count until its last sign of life."""
    guard = await begin_guard(session)
    staying, leaving = guard.reader(0).id, guard.reader(1).id
    other = WebPages(session)
    killed_at = NIGHT + 5 * SECOND
    await guard.pages.beat(killed_at)
    await other.open(staying, *[each.id for each in guard.readers[2:]], at=killed_at + 10 * SECOND)

    async def find_gone(at: datetime) -> set[int]:
        await other.beat(at)
        await watch_centres(session, now=at)
        board = await load_board(session, now=at)
        return {each.radiologist_id for each in board.readers if each.state == "gone"}

    before = await find_gone(killed_at + 89 * SECOND)
    after = await find_gone(killed_at + 90 * SECOND)

    assert (before, after) == (set(), {leaving})
    assert (await session.scalars(select(WebProcess.id))).all() == [other.process_id]
    assert await is_down(session, guard.centre(1))
