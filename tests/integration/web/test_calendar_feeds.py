"""Guards in the calendar of a telephone: a secret address that follows every swap."""

from datetime import UTC, timedelta

import httpx
import pytest
import pytest_asyncio
from icalendar import Calendar
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import SYSTEM, Role
from app.directory.models import Radiologist
from app.planning.domain.seats import Placement
from app.planning.models import CalendarFeed, Guard, Seat
from app.planning.repository import assignments
from app.planning.service.publishing import assign_seat
from tests.factories.directory import add_user
from tests.factories.planning import NOW, add_group, add_published
from tests.integration.web.conftest import SignIn

FEEDS = "/api/v1/calendar-feeds"


@pytest_asyncio.fixture
async def planner(session: AsyncSession, sign_in: SignIn) -> httpx.AsyncClient:
    """Give a client of a planner of the whole group."""
    return await sign_in(await add_user(session, Role.PLANNER))


async def make_feed(client: httpx.AsyncClient, **subject: int | None) -> str:
    made = await client.post(FEEDS, json=subject)
    assert made.status_code == 201, made.text
    return str(made.json()["path"])


async def read(client: httpx.AsyncClient, path: str) -> dict[str, tuple[str, int]]:
    """Read a feed: status and sequence of each event."""
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    return {str(each["UID"]): (str(each["STATUS"]), int(str(each["SEQUENCE"]))) for each in events}


async def find_coming(session: AsyncSession) -> Placement:
    return next(
        each
        for each in await assignments.list_in_force(session)
        if each.seat.interval.start > NOW + timedelta(days=1) and each.radiologist is not None
    )


@pytest.mark.asyncio
async def test_a_swap_shows_as_cancelled_and_confirmed_under_the_same_identity(
    session: AsyncSession, client: httpx.AsyncClient, planner: httpx.AsyncClient
) -> None:
    group = await add_group(session, people_each=12)
    await add_published(session)
    seat = await find_coming(session)
    near = {
        each.radiologist
        for each in await assignments.list_in_force(session)
        if abs(each.seat.interval.start - seat.seat.interval.start) < timedelta(hours=40)
    }
    taker = next(each for each in group.radiologists[seat.society] if each not in near)
    giver_feed = await make_feed(planner, radiologist_id=seat.radiologist)
    taker_feed = await make_feed(planner, radiologist_id=taker)
    uid = f"seat-{seat.seat.id}@astreinte"
    assert (await read(client, giver_feed))[uid] == ("CONFIRMED", 0)
    assert uid not in await read(client, taker_feed)

    await assign_seat(
        session,
        seat_id=seat.seat.id,
        radiologist_id=taker,
        seen=seat.radiologist,
        actor=SYSTEM,
        now=NOW,
    )

    assert (await read(client, giver_feed))[uid] == ("CANCELLED", 1)
    assert (await read(client, taker_feed))[uid] == ("CONFIRMED", 1)
    assert (await read(client, await make_feed(planner)))[uid] == ("CONFIRMED", 1)


@pytest.mark.asyncio
async def test_hours_are_instants_in_utc_and_the_words_name_no_more_than_the_guard(
    session: AsyncSession, client: httpx.AsyncClient, planner: httpx.AsyncClient
) -> None:
    await add_group(session)
    await add_published(session)
    seat = await find_coming(session)
    path = await make_feed(planner, radiologist_id=seat.radiologist)

    answer = await client.get(path)

    event = next(
        each
        for each in Calendar.from_ical(answer.content).walk("VEVENT")
        if str(each["UID"]) == f"seat-{seat.seat.id}@astreinte"
    )
    assert event.decoded("dtstart").astimezone(UTC) == seat.seat.interval.start
    assert event.decoded("dtend").astimezone(UTC) == seat.seat.interval.end
    assert (await client.get(path)).content == answer.content
    assert max(map(len, answer.content.split(b"\r\n"))) <= 75


@pytest.mark.asyncio
async def test_a_cancelled_guard_is_told_as_cancelled(
    session: AsyncSession, client: httpx.AsyncClient, planner: httpx.AsyncClient
) -> None:
    await add_group(session)
    await add_published(session)
    seat = await find_coming(session)
    path = await make_feed(planner, society_id=seat.society)
    guard = select(Seat.guard_id).where(Seat.id == seat.seat.id).scalar_subquery()
    await session.execute(update(Guard).where(Guard.id == guard).values(cancelled_at=NOW))

    assert (await read(client, path))[f"seat-{seat.seat.id}@astreinte"] == ("CANCELLED", 1)


@pytest.mark.asyncio
async def test_a_revoked_address_and_that_of_somebody_disabled_are_read_no_more(
    session: AsyncSession, client: httpx.AsyncClient, planner: httpx.AsyncClient
) -> None:
    group = await add_group(session)
    path = await make_feed(planner, radiologist_id=group.everybody[0])
    other = await make_feed(planner, radiologist_id=group.everybody[1])
    (first, _) = (await planner.get(FEEDS)).json()
    assert "path" not in first

    assert (await planner.delete(f"{FEEDS}/{first['id']}")).status_code == 204
    await session.execute(
        update(Radiologist).where(Radiologist.id == group.everybody[1]).values(disabled_at=NOW)
    )

    assert (await client.get(path)).status_code == 404
    assert (await client.get(other)).status_code == 404
    assert (await planner.delete(f"{FEEDS}/{first['id']}")).status_code == 404


@pytest.mark.asyncio
async def test_a_wrong_address_says_nothing_and_a_read_one_is_noted(
    session: AsyncSession, client: httpx.AsyncClient, planner: httpx.AsyncClient
) -> None:
    path = await make_feed(planner)

    assert (await client.get("/calendars/" + "x" * 43 + "/guards.ics")).status_code == 404
    assert (await client.get("/calendars/short/guards.ics")).status_code == 422
    await read(client, path)

    feed = (await session.scalars(select(CalendarFeed))).one()
    await session.refresh(feed)
    assert feed.last_read_at == NOW
    assert path.encode() not in feed.digest


@pytest.mark.asyncio
async def test_a_radiologist_has_an_address_for_their_own_guards_only(
    session: AsyncSession, sign_in: SignIn
) -> None:
    group = await add_group(session)
    mine, other = group.everybody[:2]
    user = await add_user(session, Role.RADIOLOGIST, radiologist_id=mine)
    client = await sign_in(user)

    assert (await client.post(FEEDS, json={"radiologist_id": mine})).status_code == 201
    refused = await client.post(FEEDS, json={"radiologist_id": other})
    both = await client.post(FEEDS, json={"radiologist_id": mine, "society_id": 1})

    assert refused.status_code == 403
    assert both.status_code == 422
    unknown = await client.post(FEEDS, json={"society_id": 999_999})
    assert unknown.status_code == 404
