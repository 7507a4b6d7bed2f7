"""Tasks that nobody has settled ring again, and cases are told of identities."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.cases import repository as cases
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.intake.models import StudyIdentity
from app.tasks.domain.kinds import TaskKind
from app.tasks.models import Task
from app.tasks.service import raise_task, settle
from scheduler.job import Bench
from scheduler.jobs import studies, tasks
from tests.factories.stage import NIGHT, add_patient, add_radiologist, add_study, set_stage


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NIGHT)


@pytest.mark.asyncio
async def test_what_nobody_settles_rings_again_and_what_is_settled_does_not(
    bench: Bench, sessions: Sessions, clock: SetClock
) -> None:
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        _, actor = await add_radiologist(stage)
        standing = await raise_task(session, TaskKind.CALL_SITE, subject="case:1", now=NIGHT)
        settled = await raise_task(session, TaskKind.CALL_SITE, subject="case:2", now=NIGHT)
        once = await raise_task(session, TaskKind.UNKNOWN_CALLING, subject="sender:1", now=NIGHT)
        assert settled is not None
        assert actor.user_id is not None
        await settle(session, settled, outcome="called", by_user_id=actor.user_id, now=NIGHT)

    for minutes in (1, 2, 3, 4):
        clock.instant = NIGHT + timedelta(minutes=minutes)
        await tasks.run(bench)

    async with sessions() as session:
        rows = await session.execute(select(Task.id, Task.rung_count))
        assert {row.id: row.rung_count for row in rows} == {standing: 3, settled: 1, once: 1}
        assert await tasks.JOB.find_next_due(session) == NIGHT + timedelta(minutes=6)


@pytest.mark.asyncio
async def test_a_case_is_told_of_its_images_first_and_then_of_their_identities(
    bench: Bench, sessions: Sessions
) -> None:
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        other = await add_patient(stage, name="DURAND^CLAIRE")
        study = await add_study(stage)
        study.identity_open = True
        session.add(
            StudyIdentity(
                study_id=study.id,
                patient_id=other.id,
                first_seen_at=NIGHT,
                last_seen_at=NIGHT,
                as_received={},
                news="conflict",
            )
        )

    await studies.run(bench)
    await studies.run(bench)

    async with sessions() as session:
        case_id = await cases.find_case_of_study(session, study.id)
        assert case_id is not None
        kinds = [each.kind for each in await cases.list_events(session, case_id)]
    assert kinds.count("identity_conflict") == 1
    assert kinds.index("moved") < kinds.index("identity_conflict")
