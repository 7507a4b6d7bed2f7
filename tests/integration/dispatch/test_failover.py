"""A centre whose readers are not heard loses what it was offered; when it is back it may get it."""

from datetime import timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.cases.models import CaseSla
from app.directory.domain import Role
from app.directory.domain.setting_keys import SettingKey
from app.directory.service.settings_history import set_value
from app.dispatch import repository
from tests.factories.crews import begin_guard, is_down, offer_to_first
from tests.factories.flow import offer_case, open_case
from tests.factories.stage import NIGHT, add_user

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.mark.asyncio
async def test_a_silent_centre_loses_what_it_was_offered_at_once_and_not_before(
    session: AsyncSession,
) -> None:
    guard = await begin_guard(session)
    case_id, first = await offer_to_first(guard)
    left = NIGHT + 6 * MINUTE
    await guard.silence(first, at=left)

    early = await guard.watch(left + 89 * SECOND)
    kept = await repository.list_nominees(session, case_id)
    due = await guard.watch(left + 90 * SECOND)

    assert (early, kept) == (0, {guard.reader(first).id})
    assert due == 1
    assert await is_down(session, guard.centre(first))
    assert guard.reader(first).id not in await repository.list_nominees(session, case_id)
    assert len(await repository.list_nominees(session, case_id)) == 1
    decision = (await repository.list_decisions(session, case_id))[-1]
    assert decision.cause == "centre is down"
    moved = await cases.get_case(session, case_id)
    assert moved.state == "nominated"
    assert moved.dispatch_due_at is not None
    assert moved.dispatch_cause is None


@pytest.mark.asyncio
async def test_a_case_that_cannot_be_decided_keeps_no_other_at_the_silent_centre(
    session: AsyncSession,
) -> None:
    guard = await begin_guard(session, readers=1)
    bad, good = [await open_case(guard.stage) for _ in range(2)]
    for case_id in (bad, good):
        await offer_case(guard.stage, case_id, at=NIGHT + 5 * MINUTE)
    left = NIGHT + 6 * MINUTE
    await guard.join()
    await guard.pages.open(guard.reader(1).id, at=left)
    await guard.silence(0, at=left)
    # A snapshot of clocks that nobody can read.
    await session.execute(
        insert(CaseSla).values(case_id=bad, at=left, priority="P2", signed_within_s=1, steps={})
    )
    seen = left + 90 * SECOND

    due = await guard.watch(seen)

    assert due == 2
    assert await is_down(session, guard.centre(0))
    assert await repository.list_nominees(session, good) == {guard.reader(1).id}
    assert await repository.list_nominees(session, bad) == {guard.reader(0).id}
    put_off = await cases.get_case(session, bad)
    assert (put_off.dispatch_due_at, put_off.dispatch_cause) == (seen + MINUTE, "centre is down")


@pytest.mark.asyncio
async def test_coming_back_ends_it_and_what_nobody_has_claimed_may_be_offered_there_again(
    session: AsyncSession,
) -> None:
    guard = await begin_guard(session, readers=2)
    case_id, first = await offer_to_first(guard)
    left = NIGHT + 6 * MINUTE
    await guard.silence(first, at=left)
    # Of two readers one is no mass.
    await guard.watch(left + 90 * SECOND)
    assert await repository.list_nominees(session, case_id) == {guard.reader(1 - first).id}

    back = left + 3 * MINUTE
    await guard.pages.open(guard.reader(first).id, at=back)
    await guard.watch(back)

    assert not await is_down(session, guard.centre(first))
    assert (await repository.list_decisions(session, case_id))[-1].cause == "centre is back"
    assert await repository.list_nominees(session, case_id) == {guard.reader(first).id}


@pytest.mark.asyncio
async def test_what_others_have_claimed_stays_theirs_when_the_centre_is_back(
    session: AsyncSession,
) -> None:
    guard = await begin_guard(session, readers=2)
    case_id, first = await offer_to_first(guard)
    left = NIGHT + 6 * MINUTE
    await guard.silence(first, at=left)
    await guard.watch(left + 90 * SECOND)
    other = guard.actor(1 - first)
    await pipeline.claim(session, case_id, actor=other, now=left + 2 * MINUTE)

    back = left + 3 * MINUTE
    await guard.pages.open(guard.reader(first).id, at=back)
    await guard.watch(back)

    case = await cases.get_case(session, case_id)
    assert (case.state, case.reader_id) == ("reading", other.radiologist_id)


@pytest.mark.asyncio
async def test_a_rule_that_is_switched_off_takes_nothing_away(session: AsyncSession) -> None:
    guard = await begin_guard(session)
    case_id, first = await offer_to_first(guard)
    admin = await add_user(guard.stage, role=Role.GCS_ADMIN)
    await set_value(session, SettingKey.FAILOVER_BY_SILENCE, value=0, actor=admin, now=NIGHT)
    left = NIGHT + 6 * MINUTE
    await guard.silence(first, at=left)

    await guard.watch(left + 10 * MINUTE)

    assert not await is_down(session, guard.centre(first))
    assert await repository.list_nominees(session, case_id) == {guard.reader(first).id}
