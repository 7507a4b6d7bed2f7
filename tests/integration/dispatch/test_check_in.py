"""Who comes on guard checks in; who does not is missed by those who need to know."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Role
from app.directory.models import Radiologist
from app.dispatch.domain.check_in import Signs
from app.dispatch.models import CheckIn
from app.dispatch.repository.check_in import find_next_due, list_check_ins
from app.dispatch.service import check_in as service
from app.kit.errors import NotAllowed
from app.planning.models import Seat
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind
from tests.factories.relief import give_seat
from tests.factories.stage import Stage, add_radiologist, add_user, put_on_guard, set_stage

PARIS = ZoneInfo("Europe/Paris")
START = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
NIGHT = (START, START + timedelta(hours=12))
EVENING = (START - timedelta(hours=6), START)
MINUTE = timedelta(minutes=1)
ALL = Signs(sound_heard=True, telephone_confirmed=True, page_visible=True)


async def lay(session: AsyncSession) -> tuple[Stage, Radiologist, Actor, Seat]:
    """Let somebody be on guard for the night, published long before."""
    stage = await set_stage(session, night=START)
    stage.revision.published_at = START - timedelta(days=20)
    radiologist, actor = await add_radiologist(stage)
    seat = await put_on_guard(stage, radiologist, period=NIGHT)
    return stage, radiologist, actor, seat


async def run(session: AsyncSession, now: datetime) -> None:
    """Do what the job does at an instant."""
    await service.ask_all(session, now=now)
    await service.follow_planning(session, now=now, limit=50)
    await service.tell_due(session, now=now, zone=PARIS, limit=50)


async def list_told(session: AsyncSession) -> dict[TaskKind, list[int | None]]:
    return {
        kind: [each.radiologist_id for each in await tasks.list_standing(session, kind)]
        for kind in (TaskKind.CHECK_IN_MISSING, TaskKind.RELIEF_MISSING)
    }


async def list_states(session: AsyncSession) -> list[str]:
    rows = await session.scalars(
        select(CheckIn).order_by(CheckIn.id).execution_options(populate_existing=True)
    )
    return [each.state for each in rows]


@pytest.mark.asyncio
async def test_a_check_in_opens_ten_minutes_before_and_not_sooner(session: AsyncSession) -> None:
    _, _, actor, seat = await lay(session)

    await run(session, START - 10 * MINUTE - timedelta(seconds=1))
    assert await list_states(session) == []
    with pytest.raises(service.NothingToCheckIn):
        await service.check_in(session, signs=ALL, actor=actor, now=START - 11 * MINUTE)

    await run(session, START - 10 * MINUTE)
    assert await list_states(session) == ["awaited"]
    assert await find_next_due(session) == START - 5 * MINUTE
    (row,) = await service.check_in(session, signs=ALL, actor=actor, now=START - 9 * MINUTE)
    assert (row.seat_id, row.state, row.checked_in_by) == (seat.id, "done", actor.user_id)
    assert (row.checked_in_at, row.telephone_test) == (START - 9 * MINUTE, "word")
    assert row.telephone == "+33600000000"
    assert await find_next_due(session) is None


@pytest.mark.asyncio
async def test_it_is_done_with_the_last_of_the_three_tests(session: AsyncSession) -> None:
    _, _, actor, _ = await lay(session)
    now = START - 8 * MINUTE

    (row,) = await service.check_in(session, signs=Signs(sound_heard=True), actor=actor, now=now)
    assert (row.state, row.checked_in_at) == ("awaited", None)
    (row,) = await service.check_in(
        session, signs=Signs(telephone_confirmed=True), actor=actor, now=now + MINUTE
    )
    assert row.state == "awaited"
    (row,) = await service.check_in(
        session, signs=Signs(page_visible=True), actor=actor, now=now + 2 * MINUTE
    )
    assert (row.state, row.sound_heard_at) == ("done", now)
    (again,) = await service.check_in(session, signs=ALL, actor=actor, now=START + 60 * MINUTE)
    assert (again.state, again.checked_in_at) == ("done", now + 2 * MINUTE)
    assert again.sound_heard_at == START + 60 * MINUTE


@pytest.mark.asyncio
async def test_a_call_that_was_answered_counts_for_the_telephone(session: AsyncSession) -> None:
    _, radiologist, actor, _ = await lay(session)
    now = START - 8 * MINUTE
    assert not await service.note_answered(
        session, radiologist_id=radiologist.id, telephone="+33611111111", now=now
    )
    signs = Signs(sound_heard=True, page_visible=True)
    await service.check_in(session, signs=signs, actor=actor, now=now)

    kept = await service.note_answered(
        session, radiologist_id=radiologist.id, telephone="+33611111111", now=now
    )

    (found,) = await list_check_ins(session, now=now, radiologist_id=radiologist.id)
    assert kept
    assert (found.check_in.state, found.check_in.telephone_test) == ("done", "call")
    assert found.check_in.telephone == "+33611111111"
    assert (found.line, found.kind) == ("first", "reader")


@pytest.mark.asyncio
async def test_who_is_missing_is_told_once_to_each_and_a_late_check_in_closes_both(
    session: AsyncSession,
) -> None:
    stage, _, actor, _ = await lay(session)
    outgoing, outgoing_actor = await add_radiologist(stage)
    await put_on_guard(stage, outgoing, period=EVENING)
    coordinator, coordinator_actor = await add_radiologist(stage)
    await put_on_guard(stage, coordinator, kind="coordinator", period=EVENING)
    for each in (outgoing_actor, coordinator_actor):
        await service.check_in(session, signs=ALL, actor=each, now=EVENING[0])

    await run(session, START - 6 * MINUTE)
    assert await list_told(session) == {
        TaskKind.CHECK_IN_MISSING: [],
        TaskKind.RELIEF_MISSING: [],
    }
    for now in (START - 5 * MINUTE, START - 4 * MINUTE, START, START + MINUTE):
        await run(session, now)
    told = {
        TaskKind.CHECK_IN_MISSING: [coordinator.id],
        TaskKind.RELIEF_MISSING: [outgoing.id],
    }
    assert await list_told(session) == told
    (task,) = await tasks.list_standing(session, TaskKind.CHECK_IN_MISSING)
    assert task.detail["start"] == "20:00"
    assert task.detail["telephone"] == "+33600000000"

    await service.check_in(session, signs=ALL, actor=actor, now=START + 2 * MINUTE)
    assert await list_told(session) == {kind: [] for kind in told}


@pytest.mark.asyncio
async def test_who_has_checked_in_goes_on_with_it_in_the_seat_that_follows(
    session: AsyncSession,
) -> None:
    stage, radiologist, actor, _ = await lay(session)
    later = (NIGHT[1], NIGHT[1] + timedelta(hours=4))
    await put_on_guard(stage, radiologist, period=later)
    await service.check_in(session, signs=ALL, actor=actor, now=START)

    await run(session, later[0] - 10 * MINUTE)
    await run(session, later[0])

    rows = (await session.scalars(select(CheckIn).order_by(CheckIn.id))).all()
    assert [each.state for each in rows] == ["done", "done"]
    assert rows[1].continued_from_id == rows[0].id
    assert (await list_told(session))[TaskKind.CHECK_IN_MISSING] == []


@pytest.mark.asyncio
async def test_when_the_seat_goes_to_another_that_one_is_awaited_and_has_five_minutes(
    session: AsyncSession,
) -> None:
    stage, radiologist, _, seat = await lay(session)
    await run(session, START)
    assert (await list_told(session))[TaskKind.CHECK_IN_MISSING] == [None]
    other, other_actor = await add_radiologist(stage)
    await give_seat(stage, seat, other, at=START + 7 * MINUTE)

    await run(session, START + 7 * MINUTE)
    assert await list_states(session) == ["cancelled", "awaited"]
    assert (await list_told(session))[TaskKind.CHECK_IN_MISSING] == []
    await run(session, START + 11 * MINUTE)
    assert await list_states(session) == ["cancelled", "awaited"]
    await run(session, START + 12 * MINUTE)
    assert await list_states(session) == ["cancelled", "missing"]
    rows = await service.check_in(session, signs=ALL, actor=other_actor, now=START + 13 * MINUTE)
    assert [each.radiologist_id for each in rows] == [other.id]
    assert radiologist.id != other.id


@pytest.mark.asyncio
async def test_a_reader_who_never_came_is_awaited_until_the_guard_ends(
    session: AsyncSession,
) -> None:
    await lay(session)
    for now in (START - 10 * MINUTE, START, NIGHT[1] - MINUTE):
        await run(session, now)
    assert await list_states(session) == ["missing"]
    assert await find_next_due(session) == NIGHT[1]

    await run(session, NIGHT[1])

    assert await list_states(session) == ["missed"]
    assert (await list_told(session))[TaskKind.CHECK_IN_MISSING] == []


@pytest.mark.asyncio
async def test_who_stands_in_a_site_does_not_check_in_and_the_other_lines_do(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session, night=START)
    for line, kind in (("on_site", "reader"), ("backup", "reader"), ("first", "coordinator")):
        radiologist, _ = await add_radiologist(stage)
        await put_on_guard(stage, radiologist, line=line, kind=kind, period=NIGHT)

    await run(session, START - 10 * MINUTE)

    found = await list_check_ins(session, now=START)
    assert [(each.line, each.kind) for each in found] == [
        ("first", "coordinator"),
        ("backup", "reader"),
    ]


@pytest.mark.asyncio
async def test_a_login_without_a_radiologist_cannot_check_in(session: AsyncSession) -> None:
    stage, *_ = await lay(session)
    coordinator = await add_user(stage, role=Role.COORDINATOR)

    with pytest.raises(NotAllowed):
        await service.check_in(session, signs=ALL, actor=coordinator, now=START)
