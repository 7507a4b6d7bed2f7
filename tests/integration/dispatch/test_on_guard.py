"""What a decision knows of everybody on guard, as the database has it."""

from datetime import date, timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.directory.domain import Role
from app.directory.models import Radiologist, RadiologistSociety, Society
from app.dispatch import service
from app.dispatch.domain.exams import ExamKind, Region
from app.dispatch.domain.policy import Reader, Ring
from app.dispatch.domain.read_times import ReadTime
from app.dispatch.domain.rings import SetRing
from app.dispatch.domain.transfers import MIB, TransferTime
from app.dispatch.repository import (
    find_endpoints,
    find_unclaimed,
    list_nominees,
    read_times,
    transfers,
)
from app.dispatch.repository import rings as rings_repository
from app.dispatch.service.on_guard import OnGuard, load_on_guard
from app.intake.models import Series, Study
from app.kit.ids import draw_uid
from app.planning.models import PointBalance, SnapshotShare, VolumeSnapshot
from tests.factories.flow import open_case, sign_case
from tests.factories.reading import add_instances
from tests.factories.stage import (
    NIGHT,
    Stage,
    add_radiologist,
    add_society,
    add_user,
    put_on_guard,
    set_stage,
)

MINUTE = timedelta(minutes=1)
HEAD = ExamKind("CT", Region.HEAD)
HEAD_MINUTES, SPINE_MINUTES = 16.05, 9.14
"""Published, while no table was made."""


async def load(stage: Stage, case_id: int, *, at_minute: float = 0) -> OnGuard:
    case = await cases.get_case(stage.session, case_id)
    return await load_on_guard(stage.session, case, now=NIGHT + at_minute * MINUTE)


async def add_series(stage: Stage, case_id: int, *parts: str) -> None:
    (study,) = await cases.list_studies(stage.session, case_id)
    stage.session.add_all(
        Series(
            study_id=study.id,
            series_instance_uid=draw_uid(),
            modality="CT",
            body_part_examined=part,
        )
        for part in parts
    )
    await stage.session.flush()


def find(on_guard: OnGuard, radiologist: Radiologist) -> Reader:
    return next(each for each in on_guard.readers if each.radiologist_id == radiologist.id)


@pytest.mark.asyncio
async def test_what_lies_ahead_is_counted_in_the_minutes_of_each_case(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    reader, actor = await add_radiologist(stage)
    await put_on_guard(stage, reader)
    taken = await open_case(stage, at=NIGHT - 20 * MINUTE)
    await service.claim(session, case_id=taken, actor=actor, now=NIGHT - 6 * MINUTE)
    offered = await open_case(stage, at=NIGHT - 10 * MINUTE, description="Scanner rachis")
    await service.nominate(session, offered, cause="due", now=NIGHT - 5 * MINUTE)
    later = await open_case(stage, at=NIGHT + MINUTE)
    await service.nominate(session, later, cause="due", now=NIGHT + MINUTE)

    this = await open_case(stage, at=NIGHT)
    found = find(await load(stage, this), reader)

    assert (found.claims, found.nominations) == (1, 1), "what is due later is read later"
    assert found.ahead_minutes == pytest.approx(HEAD_MINUTES - 6 + SPINE_MINUTES)
    assert found.read_minutes == HEAD_MINUTES
    assert found.claims_last_hour == 1


@pytest.mark.asyncio
async def test_a_case_offered_to_two_is_half_of_each_and_one_put_aside_counts_in_full(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    reader, actor = await add_radiologist(stage)
    other, _ = await add_radiologist(stage)
    for each in (reader, other):
        await put_on_guard(stage, each)
    aside = await open_case(stage, at=NIGHT - 20 * MINUTE)
    await service.claim(session, case_id=aside, actor=actor, now=NIGHT - 9 * MINUTE)
    await service.put_aside(session, case_id=aside, actor=actor, now=NIGHT - 3 * MINUTE)
    urgent = await open_case(stage, at=NIGHT, urgent=True)
    await service.nominate(session, urgent, cause="due", now=NIGHT)

    found = await load(stage, await open_case(stage, at=NIGHT))

    assert await list_nominees(session, urgent) == {reader.id, other.id}
    assert find(found, reader).ahead_minutes == pytest.approx(1.5 * HEAD_MINUTES, abs=0.01)
    assert find(found, other).ahead_minutes == pytest.approx(0.5 * HEAD_MINUTES, abs=0.01)


@pytest.mark.asyncio
async def test_each_reader_is_expected_to_need_their_own_time(session: AsyncSession) -> None:
    stage = await set_stage(session)
    quick, _ = await add_radiologist(stage)
    usual, _ = await add_radiologist(stage)
    for each in (quick, usual):
        await put_on_guard(stage, each)
    case_id = await open_case(stage)
    rows = [ReadTime(HEAD, None, 12.0, 90), ReadTime(HEAD, quick.id, 7.5, 40)]
    version = await read_times.add_table(
        session, rows, transfers=(), since=NIGHT, next_due_at=NIGHT + 60 * MINUTE, now=NIGHT
    )

    offered = await open_case(stage, at=NIGHT - 10 * MINUTE)
    await service.nominate(session, offered, cause="due", now=NIGHT)

    found = await load(stage, case_id)

    assert found.in_force.read_times is not None
    assert (found.kind, found.in_force.read_times.id) == (HEAD, version)
    assert find(found, quick).read_minutes == find(found, quick).ahead_minutes == 7.5
    assert (find(found, usual).read_minutes, find(found, usual).ahead_minutes) == (12.0, 0.0)


@pytest.mark.asyncio
async def test_the_body_part_of_the_series_names_the_kind_of_exam(session: AsyncSession) -> None:
    stage = await set_stage(session)
    case_id = await open_case(stage, description="Scanner")
    await add_series(stage, case_id, "CHEST", "ABDOMEN")

    assert (await load(stage, case_id)).kind == ExamKind("CT", Region.ABDOMEN)


@pytest.mark.asyncio
@pytest.mark.parametrize("is_claimed", [False, True])
async def test_what_is_ahead_is_of_the_kind_as_which_it_was_offered_or_claimed(
    session: AsyncSession, *, is_claimed: bool
) -> None:
    stage = await set_stage(session)
    reader, actor = await add_radiologist(stage)
    await put_on_guard(stage, reader)
    ahead = await open_case(stage, at=NIGHT)
    await service.nominate(session, ahead, cause="due", now=NIGHT)
    await add_series(stage, ahead, "SPINE")
    minutes = HEAD_MINUTES
    if is_claimed:
        await service.claim(session, case_id=ahead, actor=actor, now=NIGHT)
        minutes = SPINE_MINUTES
    await add_series(stage, ahead, "ABDOMEN")

    found = find(await load(stage, await open_case(stage, at=NIGHT)), reader)

    assert (await load(stage, ahead)).kind == ExamKind("CT", Region.ABDOMEN), "it is decided itself"
    assert found.ahead_minutes == pytest.approx(minutes)


@pytest.mark.asyncio
async def test_what_was_ahead_of_one_case_is_of_its_own_kind_when_it_is_decided_after_it(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    await put_on_guard(stage, (await add_radiologist(stage))[0])
    ahead = await open_case(stage, at=NIGHT)
    await service.nominate(session, ahead, cause="due", now=NIGHT)
    await add_series(stage, ahead, "ABDOMEN")
    guard = service.GuardSeen(now=NIGHT)
    await guard.see(session, [await cases.get_case(session, await open_case(stage, at=NIGHT))])

    case = await cases.get_case(session, ahead)
    await guard.see(session, [case])

    described = guard.describe(case, await find_unclaimed(session, ahead))
    assert described.kind == ExamKind("CT", Region.ABDOMEN)


@pytest.mark.asyncio
async def test_images_that_are_at_a_centre_take_no_time_the_others_by_the_node(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    here, _ = await add_radiologist(stage)
    there, _ = await add_radiologist(stage)
    for each in (here, there):
        await put_on_guard(stage, each)
    case_id = await open_case(stage, instances=1)
    study = (await session.scalars(select(Study))).one()
    (image,) = await add_instances(session, study, count=1)
    image.size_bytes = 600 * MIB
    endpoints = await find_endpoints(session, [here.id, there.id])
    near, far = endpoints[here.id], endpoints[there.id]
    assert near is not None
    assert far is not None
    await read_times.add_table(
        session,
        (),
        transfers=[TransferTime(far, 0.2, 30)],
        since=NIGHT,
        next_due_at=NIGHT + 60 * MINUTE,
        now=NIGHT,
    )
    before = await load(stage, case_id)
    await transfers.note_stocks(session, {(study.id, near): 600 * MIB})

    after = await load(stage, case_id, at_minute=1)

    assert find(before, here).transfer_minutes == 1.0
    assert find(before, there).transfer_minutes == find(after, there).transfer_minutes == 2.0
    assert find(after, here).transfer_minutes == 0


async def add_shares(session: AsyncSession, shares: dict[Society, int]) -> None:
    snapshot = VolumeSnapshot(period=Range(date(2025, 11, 1), date(2026, 11, 1)), frozen_at=NIGHT)
    session.add(snapshot)
    await session.flush()
    none = dict.fromkeys(("exams", "weighted", "tests", "resends", "priors", "refusals"), 0)
    for society, share in shares.items():
        session.add(
            SnapshotShare(snapshot_id=snapshot.id, society_id=society.id, share=share, **none)
        )
    await session.flush()


@pytest.mark.asyncio
async def test_a_society_is_short_by_its_share_of_what_this_guard_has_read(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    other = await add_society(session)
    one, first = await add_radiologist(stage)
    two, second = await add_radiologist(stage, society=other)
    for each in (one, two):
        await put_on_guard(stage, each)
    await add_shares(session, {stage.society: 250_000, other: 750_000})
    for actor, minute in ((first, -230), (first, -60), (first, -40), (second, -20)):
        case_id = await open_case(stage, at=NIGHT + (minute - 5) * MINUTE)
        await sign_case(stage, case_id, actor=actor, instances=2, at=NIGHT + minute * MINUTE)
    given_up = await open_case(stage, at=NIGHT - 10 * MINUTE)
    await service.claim(session, case_id=given_up, actor=first, now=NIGHT - 9 * MINUTE)
    await service.release(
        session, case_id=given_up, actor=first, reason="called away", now=NIGHT - 8 * MINUTE
    )

    found = await load(stage, await open_case(stage))

    # Of this guard, which began at -180 min, three were read: two here, one there.
    assert find(found, one).society_deficit == pytest.approx(3 * 0.25 - 2)
    assert find(found, two).society_deficit == pytest.approx(3 * 0.75 - 1)


@pytest.mark.asyncio
async def test_points_are_those_of_the_last_planning_that_is_over(session: AsyncSession) -> None:
    stage = await set_stage(session)
    past = await set_stage(session, night=NIGHT - timedelta(days=30))
    reader, _ = await add_radiologist(stage)
    await put_on_guard(stage, reader)
    session.add(
        PointBalance(
            planning_id=past.planning.id,
            radiologist_id=reader.id,
            counter="points",
            done=9000,
            owed=7500,
            written_at=NIGHT,
        )
    )
    await session.flush()

    found = await load(stage, await open_case(stage))

    assert find(found, reader).points == 1500


@pytest.mark.asyncio
async def test_rings_are_derived_until_somebody_sets_them_from_a_date_on(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    near = await set_stage(session, night=NIGHT - timedelta(days=30))
    stage.site.territory = near.site.territory = "Béarn"
    referent, _ = await add_radiologist(stage)
    neighbour, _ = await add_radiologist(stage, society=near.society)
    member, _ = await add_radiologist(stage, society=await add_society(session))
    outside, _ = await add_radiologist(stage)
    of_outside = RadiologistSociety.radiologist_id == outside.id
    await session.execute(delete(RadiologistSociety).where(of_outside))
    for each in (referent, neighbour, member, outside):
        await put_on_guard(stage, each)
    case_id = await open_case(stage)
    user = await add_user(stage, role=Role.GCS_ADMIN)

    async def list_rings() -> list[Ring]:
        found = await load(stage, case_id)
        return [find(found, each).ring for each in (referent, neighbour, member, outside)]

    async def put(*rings: SetRing, since: date) -> None:
        await rings_repository.put(
            session, stage.site.id, rings, since=since, user_id=user.user_id or 0, now=NIGHT
        )

    derived = [Ring.REFERENT, Ring.TERRITORY, Ring.GCS, Ring.OUTSIDE]
    assert await list_rings() == derived
    await put(
        SetRing(ring=Ring.TERRITORY, radiologist_id=member.id),
        SetRing(ring=Ring.GCS, society_id=near.society.id),
        since=NIGHT.date(),
    )
    assert await list_rings() == [Ring.REFERENT, Ring.GCS, Ring.TERRITORY, Ring.OUTSIDE]
    await put(since=NIGHT.date() + timedelta(days=1))
    assert await list_rings() == [Ring.REFERENT, Ring.GCS, Ring.TERRITORY, Ring.OUTSIDE]
    await put(since=NIGHT.date())
    assert await list_rings() == derived


@pytest.mark.asyncio
async def test_what_is_signed_or_the_case_itself_is_nothing_ahead(session: AsyncSession) -> None:
    stage = await set_stage(session)
    reader, actor = await add_radiologist(stage)
    await put_on_guard(stage, reader)
    done = await open_case(stage, at=NIGHT - 20 * MINUTE)
    await sign_case(stage, done, actor=actor, instances=2, at=NIGHT - 10 * MINUTE)
    case_id = await open_case(stage)
    await service.nominate(session, case_id, cause="due", now=NIGHT)

    found = find(await load(stage, case_id), reader)

    assert (found.claims, found.nominations, found.ahead_minutes) == (0, 0, 0.0)
