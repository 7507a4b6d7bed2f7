"""Who changed what of a planning, and a roster that is read from a file, on their pages."""

import csv
import io

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.directory.domain import SYSTEM, Grant, Role
from app.directory.models import Radiologist
from app.planning.models import PlanningRevision
from app.planning.service.publishing import assign_seat
from tests.factories.directory import add_user
from tests.factories.planning import NOW, add_group, add_published
from tests.factories.swaps import add_stage
from tests.integration.web.conftest import SignIn


async def move_seat(session: AsyncSession) -> tuple[int, str, str]:
    """Publish, then give a seat to a colleague; its id, and both family names."""
    stage = await add_stage(session)
    await assign_seat(
        session,
        seat_id=stage.given.seat.id,
        radiologist_id=stage.free[0],
        seen=stage.giver,
        reason="Dr is ill",
        actor=SYSTEM,
        now=NOW,
    )
    before = await session.get_one(Radiologist, stage.giver)
    after = await session.get_one(Radiologist, stage.free[0])
    return stage.given.seat.id, before.family_name, after.family_name


async def sign(session: AsyncSession, sign_in: SignIn, grant: Grant | Role) -> httpx.AsyncClient:
    """Sign somebody in who reads English."""
    user = await add_user(session, grant)
    user.locale = "en"
    return await sign_in(user)


async def find_planning(session: AsyncSession) -> int:
    query = select(PlanningRevision.planning_id).distinct()
    return (await session.scalars(query)).one()


@pytest.mark.asyncio
async def test_the_page_tells_who_changed_which_seats_and_why(
    session: AsyncSession, sign_in: SignIn, clock: SetClock
) -> None:
    clock.instant = NOW
    seat, before, after = await move_seat(session)
    planning = await find_planning(session)
    reader = await sign(session, sign_in, Role.RADIOLOGIST)

    page = (await reader.get(f"/planning/{planning}/history")).text
    chosen = (await reader.get(f"/planning/{planning}/history/2")).text
    listed = (await reader.get(f"/api/v1/plannings/{planning}/history/2")).json()
    missing = await reader.get("/planning/999999/history")

    assert "Revision 1" in page
    assert "Dr is ill" in page
    assert "Seats given: 0, moved: 1, emptied: 0, to another society: 0" in page
    assert "Roster from a file" not in page
    assert before in chosen
    assert after in chosen
    assert [each["seat_id"] for each in listed["items"]] == [seat]
    assert listed["items"][0]["held_by"] != listed["items"][0]["radiologist_id"]
    assert missing.status_code == 404


async def send(client: httpx.AsyncClient, planning: int, text: str) -> httpx.Response:
    files = {"file": ("roster.csv", text.encode(), "text/csv")}
    return await client.post(f"/planning/{planning}/import", files=files)


async def export(client: httpx.AsyncClient, planning: int) -> list[dict[str, str]]:
    page = (await client.get(f"/planning/{planning}/import")).text
    path = page.partition('href="/api/v1/plannings/')[2].partition('"')[0]
    answer = await client.get(f"/api/v1/plannings/{path}")
    assert answer.is_success
    return list(csv.DictReader(io.StringIO(answer.text)))


def write(rows: list[dict[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.mark.asyncio
async def test_a_roster_that_was_exported_comes_back_as_a_draft(
    session: AsyncSession, sign_in: SignIn, clock: SetClock
) -> None:
    clock.instant = NOW
    seat, _, _ = await move_seat(session)
    planning = await find_planning(session)
    planner = await sign(session, sign_in, Role.PLANNER)
    rows = await export(planner, planning)
    for row in rows:
        if row["seat_id"] == str(seat):
            row["radiologist"] = ""

    taken = await send(planner, planning, write(rows))

    drafts = select(PlanningRevision).where(PlanningRevision.number.is_(None))
    draft = (await session.scalars(drafts)).one()
    assert taken.status_code == 303
    assert taken.headers["location"].endswith(f"&revision={draft.id}")
    assert (draft.kind, draft.name) == ("import", "roster.csv")


@pytest.mark.asyncio
async def test_faults_are_told_by_line_and_column_and_nothing_is_taken(
    session: AsyncSession, sign_in: SignIn, clock: SetClock
) -> None:
    clock.instant = NOW
    await move_seat(session)
    planning = await find_planning(session)
    planner = await sign(session, sign_in, Role.PLANNER)
    seat = (await export(planner, planning))[-1]["seat_id"]

    refused = await send(planner, planning, f"seat_id,radiologist\n{seat},<Nobody>\nx,\n{seat},\n")
    nothing = await planner.post(f"/planning/{planning}/import")

    assert (refused.status_code, nothing.status_code) == (422, 422)
    assert "“&lt;Nobody&gt;” is no radiologist" in refused.text
    assert "there is no seat “x” in this planning" in refused.text
    assert f"seat {seat} stands on line 2 already" in refused.text
    drafts = select(PlanningRevision).where(PlanningRevision.number.is_(None))
    assert (await session.scalars(drafts)).all() == []


@pytest.mark.asyncio
async def test_only_a_planner_of_the_group_reads_rosters_in(
    session: AsyncSession, sign_in: SignIn, clock: SetClock
) -> None:
    clock.instant = NOW
    group = await add_group(session, people_each=10)
    await add_published(session)
    planning = await find_planning(session)
    own = Grant(Role.PLANNER, society_id=group.societies[0])

    for grant in (Role.RADIOLOGIST, own):
        client = await sign(session, sign_in, grant)
        shown = await client.get(f"/planning/{planning}/import")
        sent = await send(client, planning, "seat_id,radiologist\n1,\n")
        assert (shown.status_code, sent.status_code) == (403, 403)
