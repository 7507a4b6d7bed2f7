"""The page of a month: what is in force, a draft beside it, and seats changed by hand."""

import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Role
from app.planning.repository import assignments
from tests.factories.directory import add_user
from tests.factories.planning import NOW, Group, add_draft, add_planning, add_published
from tests.integration.web.conftest import SignIn
from tests.integration.web.pages.planning_ground import find_movable, name

HTMX = {"HX-Request": "true"}


@pytest.mark.asyncio
async def test_the_month_in_force_shows_every_holder_and_what_each_society_was_due(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    await add_published(session)

    page = await planner.get("/planning")
    again = await planner.get("/planning", headers=HTMX)

    assert page.status_code == again.status_code == 200
    assert "in force, revision 1" in again.text
    assert "<html" not in again.text
    assert "in force, revision 1" in page.text
    begun = [
        each
        for each in await assignments.list_in_force(session)
        if each.seat.guard.start >= NOW.replace(day=1, hour=0)
    ]
    assert len(re.findall(r'class="chip ', page.text)) >= len(begun) - 20
    holder = await name(session, begun[-1].radiologist or 0)
    assert f"{holder.given_name} {holder.family_name}" in page.text
    assert page.text.count('class="dot') >= len(group.societies)
    assert "Right / given" in page.text


@pytest.mark.asyncio
async def test_another_month_and_a_wrong_one(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    assert group.societies
    await add_published(session)

    empty = await planner.get("/planning", params={"month": "2031-01"})
    wrong = await planner.get("/planning", params={"month": "2026-13"})

    assert "No guards are laid out for this month" in empty.text
    assert wrong.status_code == 422
    assert "2026-12" in wrong.text


@pytest.mark.asyncio
async def test_a_seat_of_a_draft_moves_to_whom_was_typed_and_back(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    draft = await add_draft(session, await add_planning(session))
    seat, free = await find_movable(session, draft, group)
    taker = await name(session, free)
    month = f"{seat.seat.guard.start:%Y-%m}"
    path = f"/planning/revisions/{draft}/seats/{seat.seat.id}?month={month}"
    form = {"holder": taker.rpps, "seen": seat.radiologist}

    moved = await planner.post(path, data=form, headers=HTMX)
    shown = await planner.get("/planning", params={"month": month, "revision": draft})
    stale = await planner.post(path, data=form, headers=HTMX)
    undone = await planner.post(f"/planning/revisions/{draft}/undo?month={month}", headers=HTMX)

    assert moved.status_code in {200, 204}
    assert moved.headers["HX-Trigger"] == "planning-changed"
    assert f"{taker.given_name} {taker.family_name}" in shown.text
    assert stale.status_code == 409
    assert "The seat has another holder meanwhile" in stale.text
    assert undone.status_code == 204
    back = {each.seat.id: each for each in await assignments.list_of_revision(session, draft)}
    assert back[seat.seat.id].radiologist == seat.radiologist


@pytest.mark.asyncio
async def test_a_name_that_fits_nobody_changes_nothing_and_says_so(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    draft = await add_draft(session, await add_planning(session))
    before = await assignments.list_of_revision(session, draft)
    seat, _ = await find_movable(session, draft, group)

    refused = await planner.post(
        f"/planning/revisions/{draft}/seats/{seat.seat.id}",
        data={"holder": "Nobody Of That Name", "seen": seat.radiologist},
        headers=HTMX,
    )

    assert refused.status_code == 422
    assert await assignments.list_of_revision(session, draft) == before


@pytest.mark.asyncio
async def test_a_move_that_breaks_a_rule_comes_back_with_the_rule_and_its_guards(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    assert group.societies
    draft = await add_draft(session, await add_planning(session))
    placements = await assignments.list_of_revision(session, draft)
    seat = next(
        each
        for each in placements
        if each.seat.interval.start > NOW + timedelta(days=1) and each.radiologist is not None
    )
    busy = next(
        each.radiologist
        for each in placements
        if each.seat.interval == seat.seat.interval
        and each.radiologist not in {None, seat.radiologist}
    )
    taker = await name(session, busy or 0)

    answer = await planner.post(
        f"/planning/revisions/{draft}/seats/{seat.seat.id}?month={seat.seat.guard.start:%Y-%m}",
        data={"holder": taker.rpps, "seen": seat.radiologist},
        headers=HTMX,
    )

    assert answer.status_code == 200
    assert "two seats at once" in answer.text
    assert "cannot be published" in answer.text


@pytest.mark.asyncio
async def test_a_lock_is_set_shown_and_taken_off(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    draft = await add_draft(session, await add_planning(session))
    seat, _ = await find_movable(session, draft, group)
    path = f"/planning/revisions/{draft}/seats/{seat.seat.id}/lock"

    assert (await planner.post(path, data={"locked": "true"}, headers=HTMX)).status_code == 204
    assert await assignments.list_locked(session, draft) == {seat.seat.id}
    shown = await planner.get(
        "/planning", params={"month": f"{seat.seat.guard.start:%Y-%m}", "revision": draft}
    )
    assert "locked" in shown.text
    assert (await planner.post(path, data={"locked": "false"}, headers=HTMX)).status_code == 204
    assert await assignments.list_locked(session, draft) == set()


@pytest.mark.asyncio
async def test_a_planner_makes_a_draft_and_throws_it_away(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    assert group.societies
    planning = await add_planning(session)

    made = await planner.post(f"/planning/{planning}/drafts?month=2026-11")
    shown = await planner.get(made.headers["location"])
    revision = made.headers["location"].partition("revision=")[2]
    gone = await planner.post(f"/planning/revisions/{revision}/discard?month=2026-11")

    assert made.status_code == gone.status_code == 303
    assert f"Draft {revision}" in shown.text
    assert (await planner.get(made.headers["location"])).status_code == 404


@pytest.mark.asyncio
async def test_a_reader_sees_a_seat_and_its_history_but_no_form(
    session: AsyncSession, group: Group, sign_in: SignIn
) -> None:
    assert group.societies
    await add_published(session)
    seat = (await assignments.list_in_force(session))[-1].seat
    user = await add_user(session, Role.AUDITOR)
    user.locale = "en"
    reader = await sign_in(user)

    dialog = await reader.get(
        f"/planning/seats/{seat.id}", params={"month": f"{seat.guard.start:%Y-%m}"}, headers=HTMX
    )

    assert dialog.status_code == 200
    assert "Revision 1" in dialog.text
    assert 'name="holder"' not in dialog.text
    assert (await reader.post(f"/planning/revisions/1/seats/{seat.id}")).status_code == 403


@pytest.mark.asyncio
async def test_a_coordinator_puts_somebody_else_into_a_seat_by_two_clicks(
    session: AsyncSession, group: Group, sign_in: SignIn
) -> None:
    assert group.societies
    await add_published(session)
    seat = next(
        each
        for each in await assignments.list_in_force(session)
        if each.seat.interval.contains(NOW) and each.radiologist is not None
    )
    user = await add_user(session, Role.COORDINATOR)
    user.locale = "en"
    coordinator = await sign_in(user)

    dialog = await coordinator.get(f"/planning/seats/{seat.seat.id}", headers=HTMX)
    offered = await coordinator.get(
        f"/planning/seats/{seat.seat.id}/replacements",
        params={"seen": seat.radiologist},
        headers=HTMX,
    )
    best = re.search(r'name="radiologist_id" value="(\d+)"', offered.text)
    assert best is not None, offered.text
    form = {"radiologist_id": best[1], "seen": seat.radiologist}
    done = await coordinator.post(
        f"/planning/seats/{seat.seat.id}/replace", data=form, headers=HTMX
    )
    twice = await coordinator.post(
        f"/planning/seats/{seat.seat.id}/replace", data=form, headers=HTMX
    )

    assert "Who can take it?" in dialog.text
    assert done.status_code == 204, done.text
    assert done.headers["HX-Trigger"] == "planning-changed"
    assert twice.status_code == 409
    (held,) = await assignments.list_in_force_of(session, seat_ids=[seat.seat.id])
    assert held.radiologist == int(best[1])
    assert held.reason in {"repair", "loan"}


@pytest.mark.asyncio
async def test_a_roster_is_asked_for_watched_and_stopped(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    assert group.societies
    planning = await add_planning(session)
    draft = await add_draft(session, planning)
    path = f"/planning/{planning}/runs"

    asked = await planner.post(f"{path}?month=2026-11", data={"seconds": "5", "draft": draft})
    twice = await planner.post(path, data={"seconds": "5"})
    waiting = await planner.get(f"{path}/last", params={"month": "2026-11"}, headers=HTMX)
    run = re.search(rf"{path}/(\d+)/stop", waiting.text)
    assert run is not None, waiting.text
    stopped = await planner.post(f"{path}/{run[1]}/stop", headers=HTMX)

    assert asked.headers["location"] == f"/planning?month=2026-11&revision={draft}"
    assert twice.status_code == 409
    assert "waits for a scheduler" in waiting.text
    assert "every 2s" in waiting.text
    assert "every 2s" not in stopped.text
