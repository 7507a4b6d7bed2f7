"""Seats opened to outside readers, over the API."""

from datetime import date

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Grant, Role
from app.planning.repository import seats
from tests.factories.directory import add_user
from tests.factories.planning import add_group, add_planning, add_published
from tests.integration.web.conftest import SignIn


async def sign_in_planner(session: AsyncSession, sign_in: SignIn) -> httpx.AsyncClient:
    return await sign_in(await add_user(session, Role.PLANNER))


@pytest.mark.asyncio
async def test_a_seat_is_opened_and_closed_again_by_who_plans_for_the_group(
    session: AsyncSession, sign_in: SignIn
) -> None:
    group = await add_group(session)
    planning = await add_planning(session, first=date(2026, 11, 23))
    seat = (await seats.list_facts(session, planning_id=planning))[0].seat.id
    planner = await sign_in_planner(session, sign_in)
    of_one = Grant(Role.PLANNER, society_id=group.societies[0])
    other = await sign_in(await add_user(session, of_one))

    refused = await other.post(f"/api/v1/seats/{seat}/open")
    opened = await planner.post(f"/api/v1/seats/{seat}/open")
    is_open = (await seats.find_facts(session, seat)).opened
    closed = await planner.post(f"/api/v1/seats/{seat}/close-opened")

    assert refused.status_code == 403
    assert opened.json() == {"seat_id": seat, "opened": True}
    assert is_open
    assert closed.json() == {"seat_id": seat, "opened": False}
    assert not (await seats.find_facts(session, seat)).opened


@pytest.mark.asyncio
async def test_what_is_too_late_or_unknown_is_told(session: AsyncSession, sign_in: SignIn) -> None:
    await add_group(session)
    seat = max((await add_published(session)).seat_ids)
    planner = await sign_in_planner(session, sign_in)

    late = await planner.post(f"/api/v1/seats/{seat}/open")
    unknown = await planner.post("/api/v1/seats/999999/close-opened")

    assert late.status_code == 409
    assert "seats are taken before sharing" in late.text
    assert unknown.status_code == 404
