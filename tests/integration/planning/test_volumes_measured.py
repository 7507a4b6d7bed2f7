"""Volumes on a real database: measured from our own cases."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases.domain.states import CaseState
from app.cases.models import CaseStudy
from app.cases.repository import find_case_of_study
from app.directory.domain import SYSTEM, Actor, Grant, PermissionDenied, Role
from app.directory.domain.actor import EVERYTHING
from app.intake.models import Series, Study
from app.kit.errors import Invalid
from app.kit.ids import draw_uid
from app.pipeline.volumes import measure_last_month
from app.planning.domain.volumes.contracts import Contract, CountsFor
from app.planning.domain.volumes.weights import ExamWeight
from app.planning.models import MonthlyVolume
from app.planning.repository import volumes_monthly, volumes_rules
from app.planning.service import snapshots as freezing
from app.planning.service.segments import lay_default_segments
from app.planning.service.volumes_rules import (
    VolumeRuleUnknown,
    delete_weight,
    put_contract,
    put_weight,
)
from app.requests.domain.decisions import Decision, DecisionKind
from tests.factories.asking import begin_asking
from tests.factories.flow import open_case, sign_case
from tests.factories.kept import add_case
from tests.factories.planning import PARIS, add_group
from tests.factories.stage import (
    NIGHT,
    Stage,
    add_radiologist,
    add_society,
    add_study,
    put_on_guard,
    set_stage,
)

NOW = datetime(2026, 12, 5, 12, tzinfo=UTC)
NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)


async def set_ground(session: AsyncSession) -> Stage:
    """Build a hospital with its referent, and the usual segments."""
    await lay_default_segments(session, zone=PARIS, valid_from=date(2025, 1, 6))
    return await set_stage(session)


async def receive(
    stage: Stage,
    *,
    at: datetime = NIGHT,
    intake_class: str = "case",
    state: CaseState | None = CaseState.DELIVERED,
    region: str = "HEAD",
) -> Study:
    """Let a study arrive, in a case of its own unless there is no state."""
    study = await add_study(stage, at=at)
    study.intake_class = intake_class
    stage.session.add(
        Series(
            study_id=study.id,
            series_instance_uid=draw_uid(),
            modality="CT",
            body_part_examined=region,
        )
    )
    if state is not None:
        await add_case(stage, study, state=state, at=at + timedelta(hours=1))
    await stage.session.flush()
    return study


async def measure(
    session: AsyncSession, *, since: date = NOVEMBER, until: date = DECEMBER, actor: Actor = SYSTEM
) -> None:
    await pipeline.measure_volumes(
        session, since=since, until=until, zone=PARIS, actor=actor, now=NOW
    )


async def list_rows(session: AsyncSession, society_id: int | None) -> list[MonthlyVolume]:
    rows = await volumes_monthly.list_months(
        session, since=date(2020, 1, 1), until=date(2030, 1, 1), scope=EVERYTHING
    )
    return [row for row in rows if row.society_id == society_id]


def counted(row: MonthlyVolume) -> tuple[int, int, int, int, int, int]:
    return (row.exams, row.weighted, row.tests, row.resends, row.priors, row.refusals)


@pytest.mark.asyncio
async def test_exams_of_cases_are_counted_and_the_rest_is_shown_apart(
    session: AsyncSession,
) -> None:
    stage = await set_ground(session)
    again = await receive(stage)
    again.conflict_count = 3
    await receive(stage, at=NIGHT + timedelta(days=1), state=CaseState.VOIDED)
    await receive(stage, intake_class="test", state=None)
    await receive(stage, intake_class="prior", state=None)
    await receive(stage, intake_class="out_of_contract", state=None)
    await receive(stage, at=datetime(2026, 12, 1, 0, 30, tzinfo=UTC))

    await measure(session)

    (row,) = await list_rows(session, stage.society.id)
    assert counted(row) == (1, 1_000, 1, 1, 1, 0)
    assert (row.month, row.source, row.written_at) == (NOVEMBER, "measured", NOW)


@pytest.mark.asyncio
async def test_an_exam_that_was_sent_again_under_another_uid_counts_once(
    session: AsyncSession,
) -> None:
    stage = await set_ground(session)
    first = await receive(stage)
    first.study_date, first.study_time = "20261120", "205500"
    second = await add_study(
        stage, at=NIGHT + timedelta(minutes=9), accession_number=first.accession_number
    )
    second.study_date, second.study_time, second.intake_class = "20261120", "205500", "case"
    case_id = await add_case(stage, second, state=CaseState.DELIVERED, at=NIGHT)
    from_first = await find_case_of_study(session, first.id)
    await session.execute(
        update(CaseStudy).where(CaseStudy.case_id == case_id).values(case_id=from_first)
    )

    await measure(session)

    (row,) = await list_rows(session, stage.society.id)
    assert (row.exams, row.resends) == (1, 1)


@pytest.mark.asyncio
async def test_a_refused_request_is_shown_apart(session: AsyncSession) -> None:
    await lay_default_segments(session, zone=PARIS, valid_from=date(2025, 1, 6))
    asking = await begin_asking(session)
    await receive(asking.stage)
    request_id = await asking.submit()
    await asking.decide(
        request_id, Decision(kind=DecisionKind.REFUSED, reason="Echographie d'abord")
    )

    await measure(session)

    (row,) = await list_rows(session, asking.stage.society.id)
    assert counted(row) == (1, 1_000, 0, 0, 0, 1)


@pytest.mark.asyncio
async def test_who_read_what_for_whom_is_counted_too(session: AsyncSession) -> None:
    stage = await set_ground(session)
    other = await add_society(session)
    radiologist, actor = await add_radiologist(stage, society=other)
    await put_on_guard(stage, radiologist)
    case_id = await open_case(stage)
    await pipeline.case_due(session, case_id, now=NIGHT + timedelta(minutes=6))
    await sign_case(stage, case_id, actor=actor, instances=2, at=NIGHT + timedelta(minutes=10))

    await measure(session)

    (brought,) = await list_rows(session, stage.society.id)
    (read,) = await list_rows(session, other.id)
    assert (brought.exams, brought.read_count, brought.read_for_others) == (1, 0, 0)
    assert (read.exams, read.read_count, read.read_for_others) == (0, 1, 1)


@pytest.mark.asyncio
async def test_weights_and_contracts_of_the_day_say_how_much_and_for_whom(
    session: AsyncSession,
) -> None:
    stage = await set_ground(session)
    for day in (3, 17):
        for _ in range(4):
            await receive(stage, at=NIGHT.replace(day=day))
    await put_weight(session, ExamWeight("CT", None, 1_500, NOVEMBER), actor=SYSTEM, now=NOW)
    await put_weight(
        session, ExamWeight("CT", "HEAD", 800, date(2026, 11, 10)), actor=SYSTEM, now=NOW
    )
    split = Contract(stage.site.id, date(2026, 11, 10), None, CountsFor.SPLIT, 250_000)
    await put_contract(session, split, actor=SYSTEM)

    await measure(session)

    (own,) = await list_rows(session, stage.society.id)
    (pot,) = await list_rows(session, None)
    assert (own.exams, own.weighted) == (4 + 1, 4 * 1_500 + 800)
    assert (pot.exams, pot.weighted) == (3, 3 * 800)


@pytest.mark.asyncio
async def test_a_contract_ends_the_one_before_and_replaces_those_to_come(
    session: AsyncSession,
) -> None:
    stage = await set_ground(session)
    site = stage.site.id
    for since, counts_for in (
        (date(2026, 1, 1), CountsFor.COMMON),
        (date(2026, 6, 1), CountsFor.SPLIT),
        (date(2026, 3, 1), CountsFor.REFERENT),
    ):
        await put_contract(session, Contract(site, since, None, counts_for), actor=SYSTEM)

    found = await volumes_rules.list_contracts(session)

    assert [(each.valid.lower, each.valid.upper, each.counts_for) for each in found] == [
        (date(2026, 1, 1), date(2026, 3, 1), "common"),
        (date(2026, 3, 1), None, "referent"),
    ]
    with pytest.raises(VolumeRuleUnknown, match="no site"):
        await put_contract(session, Contract(10**9, NOVEMBER, None, CountsFor.COMMON), actor=SYSTEM)
    with pytest.raises(VolumeRuleUnknown, match="no weight"):
        await delete_weight(session, 10**9, actor=SYSTEM)


@pytest.mark.asyncio
async def test_measuring_again_replaces_and_months_before_the_platform_are_unknown(
    session: AsyncSession,
) -> None:
    stage = await set_ground(session)
    silent = await add_society(session)
    await receive(stage)
    await measure(session, since=date(2026, 9, 1))
    await receive(stage)

    await measure(session, since=date(2026, 9, 1))

    assert [row.exams for row in await list_rows(session, stage.society.id)] == [2]
    assert [(row.month, row.exams) for row in await list_rows(session, silent.id)] == [
        (NOVEMBER, 0)
    ]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("since", "until"),
    (
        (date(2026, 11, 2), DECEMBER),
        (DECEMBER, NOVEMBER),
        (NOVEMBER, NOVEMBER),
        (NOVEMBER, date(2027, 1, 1)),
        (date(2020, 1, 1), DECEMBER),
    ),
)
async def test_only_whole_months_that_are_over_are_measured(
    session: AsyncSession, since: date, until: date
) -> None:
    with pytest.raises(Invalid, match="months"):
        await measure(session, since=since, until=until)


@pytest.mark.asyncio
async def test_nobody_without_the_group_measures_or_freezes(session: AsyncSession) -> None:
    group = await add_group(session)
    planner = Actor(1, "x", grants=(Grant(Role.PLANNER, society_id=group.societies[0]),))

    with pytest.raises(PermissionDenied):
        await measure(session, actor=planner)
    with pytest.raises(PermissionDenied):
        await freezing.freeze(session, actor=planner, now=NOW, zone=PARIS)


@pytest.mark.asyncio
async def test_the_month_that_is_over_is_measured_by_itself_and_again_a_week_later(
    session: AsyncSession,
) -> None:
    stage = await set_ground(session)

    async def run(now: datetime) -> date | None:
        return await measure_last_month(session, zone=PARIS, now=now)

    first, week_later = (datetime(2026, 12, day, 4, tzinfo=UTC) for day in (1, 8))
    assert await run(first) is None
    await receive(stage)
    assert await run(first - timedelta(hours=2)) is None
    assert await run(first) == NOVEMBER
    await receive(stage, at=NIGHT + timedelta(days=1))
    assert await run(week_later - timedelta(hours=2)) is None
    (row,) = await list_rows(session, stage.society.id)
    assert (row.exams, row.source, row.written_at) == (1, "measured", first)

    assert await run(week_later) == NOVEMBER
    assert await run(week_later + timedelta(hours=1)) is None
    (row,) = await list_rows(session, stage.society.id)
    assert row.exams == 2
