"""Who is on guard changes while somebody reads who is."""

import asyncio

import pytest
from sqlalchemy import text, update

from app.cases.repository import get_case
from app.db.session import Sessions, unit_of_work
from app.dispatch.domain.presence import PresenceState
from app.dispatch.service.on_guard import load_on_guard
from app.planning.models import Assignment
from tests.factories.flow import open_case
from tests.factories.stage import NIGHT, add_radiologist, put_on_guard, set_stage
from tests.factories.waiting import wait_for_a_waiter


@pytest.mark.asyncio
async def test_who_leaves_guard_while_a_decision_is_made_is_in_it_as_they_were_when_it_began(
    sessions: Sessions,
) -> None:
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        reader, _ = await add_radiologist(stage)
        await put_on_guard(stage, reader)
        case_id = await open_case(stage)

    async def load() -> list[tuple[int, PresenceState]]:
        async with unit_of_work(sessions) as session:
            case = await get_case(session, case_id)
            on_guard = await load_on_guard(session, case, now=NIGHT)
            return [(each.radiologist_id, each.presence) for each in on_guard.readers]

    async with unit_of_work(sessions) as leaving:
        # After who holds a seat, and is there, what is in force is read.
        await leaving.execute(text("LOCK TABLE surge"))
        loading = asyncio.create_task(load())
        await wait_for_a_waiter(sessions, lock="relation")
        await leaving.execute(update(Assignment).values(in_force=False))

    assert await loading == [(reader.id, PresenceState.PRESENT)]
    assert await load() == []
