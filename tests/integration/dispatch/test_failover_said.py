"""What the coordinator says of a centre goes before what the platform sees."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Role
from app.directory.domain.setting_keys import SettingKey
from app.directory.service.settings_history import set_value
from app.dispatch import repository
from app.dispatch.domain.failover_moves import CentreMoveRefused
from app.dispatch.models import CentreDown
from app.dispatch.repository.failover import find_down
from app.dispatch.service.failover import RuleOff
from app.kit.errors import NotFound
from app.pipeline.centres import centre_said_back, centre_said_down
from tests.factories.crews import begin_guard, is_down, offer_to_first
from tests.factories.flow import decide_due
from tests.factories.stage import NIGHT, add_user

MINUTE = timedelta(minutes=1)


@pytest.mark.asyncio
async def test_what_the_coordinator_says_stands_although_its_readers_are_heard(
    session: AsyncSession,
) -> None:
    guard = await begin_guard(session)
    case_id, first = await offer_to_first(guard)
    coordinator = await add_user(guard.stage, role=Role.COORDINATOR)
    now = NIGHT + 6 * MINUTE

    await centre_said_down(session, guard.centre(first), actor=coordinator, now=now)
    await decide_due(session, now=now)
    await guard.watch(now + 5 * MINUTE)

    assert guard.reader(first).id not in await repository.list_nominees(session, case_id)
    down = await find_down(session, guard.centre(first))
    assert down is not None
    assert (down.cause, down.begun_by) == ("coordinator", coordinator.user_id)

    await centre_said_back(session, guard.centre(first), actor=coordinator, now=now + 6 * MINUTE)
    assert not await is_down(session, guard.centre(first))
    with pytest.raises(CentreMoveRefused):
        await centre_said_back(session, guard.centre(first), actor=coordinator, now=now)


@pytest.mark.asyncio
async def test_a_centre_that_fell_silent_and_is_said_down_waits_for_the_word(
    session: AsyncSession,
) -> None:
    guard = await begin_guard(session)
    coordinator = await add_user(guard.stage, role=Role.COORDINATOR)
    await guard.silence(0, at=NIGHT)
    now = NIGHT + 2 * MINUTE
    await guard.watch(now)
    assert await is_down(session, guard.centre(0))

    await centre_said_down(session, guard.centre(0), actor=coordinator, now=now)
    await guard.pages.open(guard.reader(0).id, at=now + MINUTE)
    await guard.watch(now + MINUTE)

    rows = (await session.scalars(select(CentreDown))).all()
    assert [(each.cause, each.ended_at) for each in rows] == [("coordinator", None)]


@pytest.mark.asyncio
async def test_a_centre_said_back_is_not_taken_down_again_for_the_same_silence(
    session: AsyncSession,
) -> None:
    guard = await begin_guard(session)
    coordinator = await add_user(guard.stage, role=Role.COORDINATOR)
    await guard.silence(0, at=NIGHT)
    await guard.watch(NIGHT + 2 * MINUTE)

    await centre_said_back(session, guard.centre(0), actor=coordinator, now=NIGHT + 3 * MINUTE)
    await guard.watch(NIGHT + 10 * MINUTE)

    assert not await is_down(session, guard.centre(0))


@pytest.mark.asyncio
async def test_a_group_may_not_want_coordinators_to_say_it(session: AsyncSession) -> None:
    guard = await begin_guard(session)
    admin = await add_user(guard.stage, role=Role.GCS_ADMIN)
    await set_value(session, SettingKey.FAILOVER_BY_COORDINATOR, value=0, actor=admin, now=NIGHT)

    with pytest.raises(RuleOff):
        await centre_said_down(session, guard.centre(0), actor=admin, now=NIGHT)
    await set_value(session, SettingKey.FAILOVER_BY_COORDINATOR, value=1, actor=admin, now=NIGHT)
    with pytest.raises(NotFound):
        await centre_said_down(session, 987_654, actor=admin, now=NIGHT)
