"""Studies that come together are told of together, and each still goes its own way."""

from datetime import timedelta

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.cases.models import Case, CaseEvent, CaseSla
from app.cases.repository import find_case_of_study
from app.db.session import Sessions, unit_of_work
from app.directory.models import PriorityRule
from app.dispatch.domain.turns import KINDS
from app.dispatch.models import Decision
from app.intake.models import Study
from app.tasks.models import Task
from scheduler.job import Bench
from scheduler.jobs import studies
from tests.factories.slow import SLOW_DECISIONS
from tests.factories.stage import (
    NIGHT,
    Stage,
    add_patient,
    add_radiologist,
    add_study,
    put_on_guard,
    set_stage,
)

pytestmark = pytest.mark.asyncio
URGENT = "ASTREINTE_P1"
SECOND = timedelta(seconds=1)


async def set_guarded_stage(session: AsyncSession) -> Stage:
    stage = await set_stage(session)
    await put_on_guard(stage, (await add_radiologist(stage))[0])
    return stage


async def case_of(session: AsyncSession, study: Study) -> Case:
    case_id = await find_case_of_study(session, study.id)
    return await session.get_one(Case, case_id)


async def test_each_study_opens_its_case_with_its_own_priority_and_clocks(
    bench: Bench, sessions: Sessions
) -> None:
    async with unit_of_work(sessions) as session:
        stage = await set_guarded_stage(session)
        stage.site.sla = {"P1": 7}
        session.add(PriorityRule(rank=1, priority="P3", words="thorax"))
        urgent = await add_study(stage, called_ae_title=URGENT, instances=3)
        calm = await add_study(stage, at=NIGHT - SECOND, description="Thorax")

    await studies.run(bench)

    async with sessions() as session:
        first, second = await case_of(session, urgent), await case_of(session, calm)
        clocks = dict(
            (await session.execute(select(CaseSla.case_id, CaseSla.signed_within_s))).all()
        )
        events = await session.execute(
            select(CaseEvent.kind).where(CaseEvent.case_id == second.id).order_by(CaseEvent.id)
        )
        untold = await session.scalar(
            select(func.count()).where(Study.announced_count != Study.instance_count)
        )
    assert (first.priority, first.state, first.instance_count) == ("P1", "nominated", 3)
    assert first.signed_due_at == NIGHT + timedelta(minutes=7)
    assert first.patient_id == urgent.patient_id
    assert (second.priority, second.priority_reason) == ("P3", "rule 1")
    assert second.first_image_at == NIGHT - SECOND
    assert second.description == "CT Thorax"
    assert clocks[first.id] == 7 * 60
    assert list(events.scalars())[:2] == ["moved", "no_request"]
    assert untold == 0


async def test_two_studies_of_one_patient_in_one_batch_are_one_case(
    bench: Bench, sessions: Sessions
) -> None:
    async with unit_of_work(sessions) as session:
        stage = await set_guarded_stage(session)
        patient = await add_patient(stage)
        both = [await add_study(stage, patient=patient, instances=2) for _ in range(2)]

    await studies.run(bench)

    async with sessions() as session:
        one, other = [await case_of(session, each) for each in both]
    assert one.id == other.id
    assert one.instance_count == 4


async def test_studies_of_one_patient_at_two_sites_in_one_batch_are_two_cases(
    bench: Bench, sessions: Sessions
) -> None:
    async with unit_of_work(sessions) as session:
        stage = await set_guarded_stage(session)
        elsewhere = await set_stage(session, night=NIGHT + timedelta(days=7))
        patient = await add_patient(stage)
        here = await add_study(stage, patient=patient)
        there = await add_study(stage, patient=patient)
        there.site_id = elsewhere.site.id

    await studies.run(bench)

    async with sessions() as session:
        assert (await case_of(session, here)).site_id == stage.site.id
        assert (await case_of(session, there)).site_id == elsewhere.site.id
        assert await session.scalar(select(func.count()).select_from(Case)) == 2


async def test_what_is_no_case_and_what_is_paper_open_none_beside_what_does(
    bench: Bench, sessions: Sessions
) -> None:
    async with unit_of_work(sessions) as session:
        stage = await set_guarded_stage(session)
        phantom = await add_patient(stage, name="FANTOME^EAU")
        test = await add_study(stage, patient=phantom)
        paper = await add_study(stage)
        paper.image_count, paper.paper_count = 0, 1
        well = await add_study(stage)
        well.site_to_confirm = True

    await studies.run(bench)

    async with sessions() as session:
        assert (await case_of(session, well)).state == "open"
        assert await find_case_of_study(session, test.id) is None
        assert await find_case_of_study(session, paper.id) is None
        rows = await session.scalars(select(Study).order_by(Study.id))
        assert [(each.intake_class, each.announced_count) for each in rows] == [
            ("test", 1),
            (None, 1),
            ("case", 1),
        ]
        assert list(await session.scalars(select(Task.kind))) == ["confirm_site"]


async def test_what_was_sent_as_urgent_is_taken_before_what_waits_longer(
    bench: Bench, sessions: Sessions
) -> None:
    async with unit_of_work(sessions) as session:
        stage = await set_guarded_stage(session)
        for number in range(20):
            await add_study(stage, at=NIGHT - number * SECOND)
        urgent = await add_study(stage, called_ae_title=URGENT)

    await studies.run(bench)

    async with sessions() as session:
        cases = await session.scalars(select(Case).order_by(Case.id))
        first, *others = cases.all()
        assert first.id == (await case_of(session, urgent)).id
    assert len(others) == 20


async def test_cases_that_would_be_decided_too_long_are_committed_and_left_to_be_decided(
    bench: Bench, sessions: Sessions
) -> None:
    async with unit_of_work(sessions) as session:
        stage = await set_guarded_stage(session)
        for _ in range(KINDS + 2):
            await add_study(stage, called_ae_title=URGENT)
        await session.execute(text(SLOW_DECISIONS))

    await studies.run(bench)

    async with sessions() as session:
        states = await session.scalars(select(Case.state).order_by(Case.id))
        due = await session.scalars(select(Case.dispatch_due_at).where(Case.state == "open"))
    assert list(states) == ["nominated"] * KINDS + ["open"] * 2
    assert list(due) == [NIGHT, NIGHT]


async def test_a_case_that_cannot_be_decided_stands_on_the_worklist_all_the_same(
    bench: Bench, sessions: Sessions
) -> None:
    async with unit_of_work(sessions) as session:
        stage = await set_guarded_stage(session)
        both = [await add_study(stage, called_ae_title=URGENT) for _ in range(2)]
        await session.execute(text("ALTER TABLE decision ADD CHECK (case_id < 0) NOT VALID"))

    await studies.run(bench)

    async with sessions() as session:
        assert [(await case_of(session, each)).state for each in both] == ["open", "open"]


async def test_a_case_that_becomes_due_by_being_complete_is_offered_at_once(
    bench: Bench, sessions: Sessions
) -> None:
    async with unit_of_work(sessions) as session:
        stage = await set_guarded_stage(session)
        study = await add_study(stage, at=NIGHT - timedelta(minutes=2))

    await studies.run(bench)

    async with sessions() as session:
        case = await case_of(session, study)
        decisions = await session.scalar(select(func.count()).select_from(Decision))
    assert (case.state, case.complete_at) == ("nominated", NIGHT)
    assert decisions == 1


async def test_a_complete_study_whose_case_cannot_be_labelled_holds_up_no_other(
    bench: Bench, sessions: Sessions
) -> None:
    async with unit_of_work(sessions) as session:
        stage = await set_guarded_stage(session)
        ill, well = [await add_study(stage, at=NIGHT - timedelta(minutes=2)) for _ in range(2)]
        ill.complete_reason = "nobody can write this"
        forbidden = "ALTER TABLE case_event ADD CHECK (reason <> 'nobody can write this')"
        await session.execute(text(forbidden))

    await studies.run(bench)

    async with sessions() as session:
        assert (await case_of(session, ill)).complete_at is None
        assert (await case_of(session, well)).complete_at == NIGHT


async def test_twenty_studies_take_hardly_more_statements_than_one(
    bench: Bench, sessions: Sessions, engine: AsyncEngine
) -> None:
    counts = []
    for count in (1, 20):
        async with unit_of_work(sessions) as session:
            # Nobody is on guard: what is counted is the opening, not the decisions.
            stage = await set_stage(session, night=NIGHT + count * timedelta(days=7))
            for _ in range(count):
                await add_study(stage)
        told: list[str] = []

        def note(*arguments: object, told: list[str] = told) -> None:
            told.append(str(arguments[2]))

        event.listen(engine.sync_engine, "before_cursor_execute", note)
        await studies.run(bench)
        event.remove(engine.sync_engine, "before_cursor_execute", note)
        counts.append(len(told))
    assert counts[1] <= counts[0] + 20
