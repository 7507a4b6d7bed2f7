"""A roster goes out as CSV and comes back: unchanged nothing happens, changed it is a draft."""

import csv
import io
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.directory.domain import SYSTEM, Grant, Role
from app.directory.models import Radiologist
from app.planning.domain.seats import AssignmentReason
from app.planning.models import PlanningRevision
from app.planning.repository import assignments, plannings
from app.planning.service.publishing import publish_draft
from tests.factories.directory import add_user
from tests.factories.planning import NOW, Group, add_draft, add_group, add_planning
from tests.integration.web.conftest import SignIn

Rows = list[dict[str, str]]


@pytest_asyncio.fixture
async def group(session: AsyncSession, clock: SetClock) -> Group:
    """Give two societies."""
    clock.instant = NOW
    return await add_group(session, volumes=(3, 2), people_each=10)


@pytest_asyncio.fixture
async def planner(session: AsyncSession, sign_in: SignIn) -> httpx.AsyncClient:
    """Give a client of a planner of the whole group."""
    return await sign_in(await add_user(session, Role.PLANNER))


async def export(client: httpx.AsyncClient, planning: int, revision: int) -> str:
    path = f"/api/v1/plannings/{planning}/revisions/{revision}/roster.csv"
    answer = await client.get(path)
    assert answer.is_success, answer.text
    return answer.text


async def send(client: httpx.AsyncClient, planning: int, text: str) -> httpx.Response:
    files = {"file": ("roster.csv", text.encode(), "text/csv")}
    return await client.post(f"/api/v1/plannings/{planning}/imports", files=files)


async def take(client: httpx.AsyncClient, planning: int, text: str) -> Any:
    answer = await send(client, planning, text)
    assert answer.status_code == 201, answer.text
    return answer.json()


def split(text: str) -> Rows:
    return list(csv.DictReader(io.StringIO(text)))


def write(rows: Rows) -> str:
    target = io.StringIO()
    writer = csv.DictWriter(target, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return target.getvalue()


@pytest.mark.asyncio
async def test_what_is_in_force_goes_out_and_in_and_nothing_changes(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    planning = await add_planning(session)
    event = await publish_draft(
        session, revision_id=await add_draft(session, planning), actor=SYSTEM, now=NOW
    )
    before = await export(planner, planning, event.revision_id)

    found = await take(planner, planning, before)

    revision = found["revision"]
    assert (revision["kind"], revision["number"], revision["name"]) == (
        "import",
        None,
        "roster.csv",
    )
    assert found["lines"] == len(split(before))
    assert (found["changed"], found["violations"]) == ([], [])
    assert await export(planner, planning, revision["id"]) == before


@pytest.mark.asyncio
async def test_a_draft_that_was_never_published_goes_out_and_in_as_it_was(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    planning = await add_planning(session)
    before = await export(planner, planning, await add_draft(session, planning))

    found = await take(planner, planning, before)

    assert len(found["changed"]) == len(split(before)) > 0
    assert await export(planner, planning, found["revision"]["id"]) == before


@pytest.mark.asyncio
async def test_other_holders_make_a_draft_that_the_judge_has_looked_at(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    planning = await add_planning(session)
    event = await publish_draft(
        session, revision_id=await add_draft(session, planning), actor=SYSTEM, now=NOW
    )
    rows = split(await export(planner, planning, event.revision_id))
    ahead = [row for row in rows if row["start"] > NOW.isoformat()]
    emptied, doubled = ahead[0], ahead[-1]
    busy = next(
        row
        for row in ahead
        if row["start"] == doubled["start"] and row["seat_id"] != doubled["seat_id"]
    )
    double = await session.get_one(Radiologist, int(busy["radiologist_id"]))
    emptied |= {"radiologist": ""}
    doubled |= {"radiologist": double.rpps}

    found = await take(planner, planning, write(rows))

    own = await assignments.list_of_revision(session, found["revision"]["id"])
    lent = busy["society_id"] != doubled["society_id"]
    assert {each.seat.id: each.radiologist for each in own} == {
        int(emptied["seat_id"]): None,
        int(doubled["seat_id"]): double.id,
    }
    assert set(found["changed"]) == {each.seat.id for each in own}
    assert own[-1].reason is (AssignmentReason.LOAN if lent else AssignmentReason.EDIT)
    overlaps = [each for each in found["violations"] if each["rule"] == "overlap"]
    assert {seat for each in overlaps for seat in each["seats"]} == {
        int(doubled["seat_id"]),
        int(busy["seat_id"]),
    }


@pytest.mark.asyncio
async def test_a_file_with_faults_leaves_nothing_behind(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient, sign_in: SignIn
) -> None:
    planning = await add_planning(session)
    event = await publish_draft(
        session, revision_id=await add_draft(session, planning), actor=SYSTEM, now=NOW
    )
    rows = split(await export(planner, planning, event.revision_id))
    seats = await plannings.list_seats(session, planning_id=planning)
    over = next(row for row in rows if row["end"] < NOW.isoformat())
    over |= {"radiologist": ""}
    rows[-1] |= {"radiologist": "Nobody"}
    rows[-2] |= {"radiologist": ""}

    refused = await send(planner, planning, write(rows))
    elsewhere = await send(planner, 10**9, write(rows))
    own = Grant(Role.PLANNER, society_id=group.societies[0])
    stranger = await sign_in(await add_user(session, own))

    count = await session.scalar(select(func.count()).select_from(PlanningRevision))
    line, last = rows.index(over) + 2, len(seats) + 1
    assert (refused.status_code, elsewhere.status_code) == (422, 404)
    assert refused.json()["detail"] == (
        f"line {line}, column 10: seat {over['seat_id']} is over; what was, stays; "
        f"line {last}, column 10: 'Nobody' is no radiologist: "
        f"write a family name, or an RPPS number"
    )
    assert count == 1
    assert (await send(stranger, planning, write(rows))).status_code == 403
