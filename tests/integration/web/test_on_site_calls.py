"""The holder of an on-site seat is called to the site and comes back, over the API."""

import httpx
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.directory.domain import SYSTEM, Grant, Role
from app.planning.domain.seats import GuardLine, Placement
from app.planning.repository import assignments
from app.planning.service.publishing import assign_seat
from tests.factories.directory import add_user
from tests.factories.on_site import add_line
from tests.factories.planning import NOW, add_group, add_published
from tests.integration.web.conftest import SignIn


@pytest_asyncio.fixture
async def tonight(session: AsyncSession, clock: SetClock) -> Placement:
    """Give the seat on site of this night, which somebody holds."""
    clock.instant = NOW
    group = await add_group(session, volumes=(1, 1), people_each=12)
    society = group.societies[0]
    await add_line(session, society_id=society, readers=group.radiologists[society])
    await add_published(session)
    return next(
        each
        for each in await assignments.list_in_force(session)
        if each.seat.line is GuardLine.ON_SITE and each.seat.interval.contains(NOW)
    )


@pytest_asyncio.fixture
async def coordinator(session: AsyncSession, sign_in: SignIn) -> httpx.AsyncClient:
    """Give a client of a coordinator."""
    return await sign_in(await add_user(session, Role.COORDINATOR))


async def sign_in_as(
    session: AsyncSession, sign_in: SignIn, placement: Placement, *, radiologist: int | None
) -> httpx.AsyncClient:
    grant = Grant(Role.RADIOLOGIST, society_id=placement.society)
    return await sign_in(await add_user(session, grant, radiologist_id=radiologist))


@pytest.mark.asyncio
async def test_the_holder_is_called_the_board_says_since_when_and_a_coordinator_ends_it(
    session: AsyncSession,
    sign_in: SignIn,
    tonight: Placement,
    coordinator: httpx.AsyncClient,
) -> None:
    holder = await sign_in_as(session, sign_in, tonight, radiologist=tonight.radiologist)
    seat = f"/api/v1/seats/{tonight.seat.id}"

    early = await coordinator.post(f"{seat}/back")
    called = await holder.post(f"{seat}/called")
    twice = await coordinator.post(f"{seat}/called")
    (board,) = (await holder.get("/api/v1/on-call")).json()["on_site"]
    back = await coordinator.post(f"{seat}/back")
    (after,) = (await holder.get("/api/v1/on-call")).json()["on_site"]

    since = called.json()["called_at"]
    assert called.json() == {
        "seat_id": tonight.seat.id,
        "radiologist_id": tonight.radiologist,
        "called_at": since,
        "ended_at": None,
    }
    assert (early.status_code, twice.status_code) == (409, 409)
    assert (board["called_at"], after["called_at"]) == (since, None)
    assert back.json()["ended_at"] is not None


@pytest.mark.asyncio
async def test_nobody_is_called_who_is_not_on_site_now_or_by_somebody_else(
    session: AsyncSession,
    sign_in: SignIn,
    tonight: Placement,
    coordinator: httpx.AsyncClient,
) -> None:
    placements = await assignments.list_in_force(session)
    afar = next(
        each
        for each in placements
        if each.seat.line is GuardLine.FIRST and each.seat.interval.contains(NOW)
    )
    later = next(
        each
        for each in placements
        if each.seat.line is GuardLine.ON_SITE and each.seat.interval.start > NOW
    )
    stranger = await sign_in_as(session, sign_in, tonight, radiologist=afar.radiologist)

    async def call(client: httpx.AsyncClient, seat_id: int) -> int:
        return (await client.post(f"/api/v1/seats/{seat_id}/called")).status_code

    assert await call(coordinator, 10**9) == 404
    assert await call(coordinator, afar.seat.id) == 422
    assert await call(coordinator, later.seat.id) == 422
    assert await call(stranger, tonight.seat.id) == 403
    await assign_seat(
        session,
        seat_id=tonight.seat.id,
        radiologist_id=None,
        seen=tonight.radiologist,
        actor=SYSTEM,
        now=NOW,
    )
    assert await call(coordinator, tonight.seat.id) == 409


@pytest.mark.asyncio
async def test_the_guards_of_a_line_say_their_site_and_what_they_ask_for(
    tonight: Placement, coordinator: httpx.AsyncClient
) -> None:
    guards = (await coordinator.get("/api/v1/guards", params={"limit": 200})).json()["items"]

    asked = {
        (each["line"], each["site_id"], each["points"], each["least_societies"]) for each in guards
    }
    assert asked == {
        ("first", None, 1000, 1),
        ("backup", None, 1000, 1),
        ("on_site", tonight.seat.site, 700, 1),
    }
