"""Two schedulers and several people at one case, in transactions that really commit."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.cases.models import Case, CaseStudy
from app.db.session import Sessions, run_unit_of_work, unit_of_work
from app.directory.domain import Actor, Role
from app.intake.models import Study
from app.kit.errors import AppError, Invalid
from app.settings import Settings
from app.tasks.domain.kinds import TaskKind
from app.tasks.service import TaskSettled, raise_task
from tests.factories.flow import open_case
from tests.factories.stage import (
    NIGHT,
    add_patient,
    add_radiologist,
    add_study,
    add_user,
    set_stage,
)

LATER = NIGHT + timedelta(minutes=5)
PAUSE_S = 0.2
"""How long who comes first takes until the commit: the other must really wait."""


@dataclass(frozen=True)
class Night:
    """Committed rows."""

    sessions: Sessions
    coordinator: Actor
    reader: Actor
    case_ids: list[int]
    study_ids: list[int]

    async def tell(self, study_id: int) -> None:
        """Tell the case of a study, as a scheduler does."""

        async def work(session: AsyncSession) -> None:
            study = await session.get_one(Study, study_id, with_for_update={"key_share": True})
            await pipeline.images_arrived(session, study, settings=Settings(), now=LATER)
            await asyncio.sleep(PAUSE_S)

        await run_unit_of_work(self.sessions, work)

    async def join(self, case_id: int, other_id: int) -> int:
        async with unit_of_work(self.sessions) as session:
            kept = await pipeline.join(
                session,
                case_id,
                other_id=other_id,
                reason="one patient",
                actor=self.coordinator,
                now=LATER,
            )
            await asyncio.sleep(PAUSE_S)
            return kept

    async def split(self, case_id: int, study_id: int) -> int:
        async with unit_of_work(self.sessions) as session:
            return await pipeline.split(
                session,
                case_id,
                study_ids=[study_id],
                request_ids=[],
                reason="two questions",
                actor=self.coordinator,
                now=LATER,
            )

    async def claim(self, case_id: int) -> None:
        async with unit_of_work(self.sessions) as session:
            await pipeline.claim(session, case_id, actor=self.reader, now=LATER)

    async def states(self) -> dict[int, str]:
        async with unit_of_work(self.sessions) as session:
            rows = await session.execute(select(Case.id, Case.state))
            return {row.id: row.state for row in rows}


async def lay_night(sessions: Sessions, *, opened: int, of_one_patient: int = 0) -> Night:
    """Commit some open cases, and studies of one patient that nobody was told of."""
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        _, reader = await add_radiologist(stage)
        coordinator = await add_user(stage, role=Role.COORDINATOR)
        patient = await add_patient(stage)
        studies = [
            (await add_study(stage, patient=patient, instances=3)).id for _ in range(of_one_patient)
        ]
        found = [await open_case(stage) for _ in range(opened)]
        return Night(sessions, coordinator, reader, found, studies)


async def list_standing(sessions: Sessions, study_ids: list[int]) -> list[int]:
    async with unit_of_work(sessions) as session:
        rows = await session.scalars(
            select(CaseStudy.case_id).where(
                CaseStudy.study_id.in_(study_ids), CaseStudy.ended_at.is_(None)
            )
        )
        return list(rows)


@pytest.mark.asyncio
async def test_two_studies_of_one_patient_told_by_two_schedulers_end_in_one_case(
    sessions: Sessions,
) -> None:
    night = await lay_night(sessions, opened=0, of_one_patient=4)

    await asyncio.gather(*(night.tell(each) for each in night.study_ids))

    found = await list_standing(sessions, night.study_ids)
    async with unit_of_work(sessions) as session:
        case = await cases.get_case(session, found[0])
        assert await session.scalar(select(func.count()).select_from(Case)) == 1
    assert found == [case.id] * 4
    assert case.instance_count == 12


@pytest.mark.asyncio
async def test_each_of_two_cases_joined_into_the_other_at_once_leaves_one(
    sessions: Sessions,
) -> None:
    night = await lay_night(sessions, opened=2)
    one, other = night.case_ids

    results = await asyncio.gather(
        night.join(one, other), night.join(other, one), return_exceptions=True
    )

    kept = [each for each in results if isinstance(each, int)]
    assert len(kept) == 1
    assert sum(isinstance(each, AppError) for each in results) == 1
    assert sorted((await night.states()).values()) == ["open", "voided"]
    assert (await night.states())[kept[0]] == "open"


@pytest.mark.asyncio
async def test_images_that_come_while_their_case_is_absorbed_are_counted_where_they_are(
    sessions: Sessions,
) -> None:
    night = await lay_night(sessions, opened=2)
    kept, absorbed = night.case_ids
    async with unit_of_work(sessions) as session:
        (study,) = await cases.list_studies(session, absorbed)
        study.instance_count = study.image_count = 50

    async def join() -> None:
        await night.join(kept, absorbed)

    async def tell() -> None:
        await asyncio.sleep(PAUSE_S / 2)
        await night.tell(study.id)

    await asyncio.gather(join(), tell())

    async with unit_of_work(sessions) as session:
        assert (await cases.get_case(session, kept)).instance_count == 52
        assert (await cases.get_case(session, absorbed)).state == "voided"


@pytest.mark.asyncio
async def test_a_case_claimed_while_it_is_absorbed_is_never_read_and_voided(
    sessions: Sessions,
) -> None:
    night = await lay_night(sessions, opened=2)
    kept, absorbed = night.case_ids

    results = await asyncio.gather(
        night.join(kept, absorbed), night.claim(absorbed), return_exceptions=True
    )

    assert all(each is None or isinstance(each, int | AppError) for each in results)
    assert (await night.states())[absorbed] == "voided"
    async with unit_of_work(sessions) as session:
        assert (await cases.get_case(session, absorbed)).joined_into_id == kept


@pytest.mark.asyncio
async def test_a_study_split_off_by_two_at_once_leaves_once(sessions: Sessions) -> None:
    night = await lay_night(sessions, opened=0, of_one_patient=3)
    for each in night.study_ids:
        await night.tell(each)
    (case_id,) = set(await list_standing(sessions, night.study_ids))

    results = await asyncio.gather(
        *(night.split(case_id, night.study_ids[0]) for _ in range(3)), return_exceptions=True
    )

    assert sum(isinstance(each, int) for each in results) == 1
    assert sum(isinstance(each, Invalid) for each in results) == 2
    assert len(await list_standing(sessions, night.study_ids)) == 3


@pytest.mark.asyncio
async def test_a_task_is_settled_once(sessions: Sessions) -> None:
    night = await lay_night(sessions, opened=1)
    (case_id,) = night.case_ids
    async with unit_of_work(sessions) as session:
        task_id = await raise_task(
            session, TaskKind.LATE_IMAGES, subject=f"case:{case_id}", case_id=case_id, now=NIGHT
        )
        assert task_id is not None

    async def settle() -> None:
        async with unit_of_work(sessions) as session:
            await pipeline.settle_task(
                session, task_id, outcome="nothing to add", actor=night.reader, now=LATER
            )

    results = await asyncio.gather(*(settle() for _ in range(3)), return_exceptions=True)

    assert sum(each is None for each in results) == 1
    assert sum(isinstance(each, TaskSettled) for each in results) == 2
    async with unit_of_work(sessions) as session:
        events = await cases.list_events(session, case_id)
        assert [each.kind for each in events].count("task_settled") == 1
