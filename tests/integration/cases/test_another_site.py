"""A case that turns out to be of another site takes along what must be done about it."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.directory.domain import Role
from app.directory.models import Site
from app.tasks.models import Task
from tests.factories.reading import open_reading
from tests.factories.stage import NIGHT, add_user


@pytest.mark.asyncio
async def test_a_critical_finding_is_called_to_the_site_that_the_case_is_of(
    session: AsyncSession,
) -> None:
    reading = await open_reading(session)
    other = Site(
        name="Hospital of the same PACS",
        finess="990000001",
        society_id=reading.stage.society.id,
        telephone_emergency="+33500000009",
        telephone_ct="+33500000010",
    )
    session.add(other)
    reading.study.site_to_confirm = True
    await session.flush()
    await pipeline.note_critical(
        session, reading.case_id, text="Dissection aortique.", actor=reading.actor, now=NIGHT
    )

    coordinator = await add_user(reading.stage, role=Role.COORDINATOR)
    await pipeline.confirm_site(
        session, reading.study.id, site_id=other.id, actor=coordinator, now=NIGHT
    )

    assert (await cases.get_case(session, reading.case_id)).site_id == other.id
    (task,) = await session.scalars(select(Task).where(Task.kind == "critical_call"))
    assert (task.site_id, task.detail["telephone"]) == (other.id, "+33500000009")
