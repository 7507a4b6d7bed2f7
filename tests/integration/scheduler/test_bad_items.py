"""One case or study that cannot be worked on keeps no other one waiting."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from app import pipeline
from app.cases.models import Case, CaseSla
from app.cases.repository import find_case_of_study
from app.db.session import Sessions, unit_of_work
from app.intake.models import Study
from scheduler.job import Bench
from scheduler.jobs import dispatch, studies
from tests.factories.flow import open_case
from tests.factories.stage import NIGHT, add_radiologist, add_study, put_on_guard, set_stage


@pytest.mark.asyncio
async def test_a_p1_that_cannot_be_decided_is_tried_again_in_15_s_and_holds_up_no_other(
    bench: Bench, sessions: Sessions
) -> None:
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        reader, _ = await add_radiologist(stage)
        bad = await open_case(stage, urgent=True, at=NIGHT - timedelta(minutes=2))
        good = await open_case(stage, urgent=True, at=NIGHT - timedelta(minutes=1))
        await put_on_guard(stage, reader)
        # A snapshot of clocks that nobody can read.
        await session.execute(
            insert(CaseSla).values(
                case_id=bad, at=NIGHT, priority="P1", signed_within_s=1, steps={}
            )
        )

    await dispatch.run(bench)

    async with sessions() as session:
        rows = await session.execute(select(Case.id, Case.state))
        states = {row.id: row.state for row in rows}
        due = await dispatch.JOB.find_next_due(session)
    assert states == {bad: "open", good: "nominated"}
    assert due == NIGHT + timedelta(seconds=15), "it is looked at again, but not at once"


@pytest.mark.asyncio
async def test_a_study_that_cannot_open_its_case_holds_up_no_other(
    bench: Bench, sessions: Sessions
) -> None:
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        broken = await set_stage(session, night=NIGHT + timedelta(days=7))
        broken.site.sla = {"P2": 10**12}
        ill = [await add_study(broken, at=NIGHT - timedelta(minutes=1)) for _ in range(25)]
        well = await add_study(stage)

    await studies.run(bench)

    async with sessions() as session:
        assert await find_case_of_study(session, well.id) is not None
        assert await find_case_of_study(session, ill[0].id) is None
        waiting = select(Study.id).where(Study.announced_count == 0).order_by(Study.id)
        assert list(await session.scalars(waiting)) == [each.id for each in ill]


@pytest.mark.asyncio
async def test_a_claim_of_a_p1_that_cannot_be_looked_at_is_tried_again_in_15_s(
    bench: Bench, sessions: Sessions
) -> None:
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        _, actor = await add_radiologist(stage)
        opened = NIGHT - timedelta(hours=2)
        case_id = await open_case(stage, urgent=True, at=opened)
        await pipeline.claim(session, case_id, actor=actor, now=opened)
        # A snapshot of clocks that nobody can read.
        await session.execute(
            insert(CaseSla).values(
                case_id=case_id, at=NIGHT, priority="P1", signed_within_s=1, steps={}
            )
        )

    await dispatch.run(bench)

    async with sessions() as session:
        case = (await session.scalars(select(Case))).one()
        due = await dispatch.JOB.find_next_due(session)
    assert case.state == "reading"
    assert due == NIGHT + timedelta(seconds=15)
