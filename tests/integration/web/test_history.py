"""Who published or changed what of a planning, and when."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.directory.domain import SYSTEM, Role
from app.planning.domain.seats import Placement
from app.planning.repository import assignments
from app.planning.service.drafts import start_draft
from tests.factories.directory import add_user
from tests.factories.planning import NOW, add_group, add_planning, add_published
from tests.integration.web.conftest import SignIn


async def ok(answer: httpx.Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json()


async def find_coming(session: AsyncSession) -> Placement:
    return next(
        each
        for each in await assignments.list_in_force(session)
        if each.seat.interval.start > NOW and each.radiologist is not None
    )


@pytest.mark.asyncio
async def test_what_was_published_is_told_newest_first_with_what_it_changed(
    session: AsyncSession, sign_in: SignIn, clock: SetClock
) -> None:
    await add_group(session)
    published = await add_published(session)
    planning = published.planning_id
    await start_draft(session, planning_id=planning, reason="", actor=SYSTEM, now=NOW)
    user = await add_user(session, Role.PLANNER)
    client = await sign_in(user)
    seat = await find_coming(session)
    path = f"/api/v1/seats/{seat.seat.id}/assignment"
    for holder, seen in ((None, seat.radiologist), (seat.radiologist, None)):
        clock.instant += timedelta(minutes=1)
        body = {"radiologist_id": holder, "seen": seen, "note": f"to {holder}"}
        await ok(await client.put(path, json=body))

    history = f"/api/v1/plannings/{planning}/history"
    page = await ok(await client.get(history, params={"limit": 2}))
    rest = await ok(await client.get(history, params={"after": page["next"]}))

    (back, emptied), (first,) = page["items"], rest["items"]
    assert [each["number"] for each in (back, emptied, first)] == [3, 2, 1]
    assert [(each["kind"], each["reason"]) for each in page["items"]] == [
        ("edit", f"to {seat.radiologist}"),
        ("edit", "to None"),
    ]
    assert (back["seats"], back["given"], back["moved"], back["emptied"]) == (1, 1, 0, 0)
    assert (emptied["seats"], emptied["given"], emptied["emptied"]) == (1, 0, 1)
    assert back["published_at"] > emptied["published_at"]
    assert (back["published_by"], back["published_by_name"]) == (user.id, user.display_name)
    assert (first["kind"], first["published_by"]) == ("draft", None)
    assert first["seats"] == len(published.seat_ids)
    assert first["given"] + sum(
        each.radiologist is None
        for each in await assignments.list_of_revision(session, published.revision_id)
    ) == len(published.seat_ids)
    assert first["other_society"] == 0


@pytest.mark.asyncio
async def test_a_seat_says_who_published_each_of_its_holders(
    session: AsyncSession, sign_in: SignIn
) -> None:
    await add_group(session)
    await add_published(session)
    user = await add_user(session, Role.PLANNER)
    client = await sign_in(user)
    seat = await find_coming(session)
    path = f"/api/v1/seats/{seat.seat.id}"
    body = {"radiologist_id": None, "seen": seat.radiologist}
    await ok(await client.put(f"{path}/assignment", json=body))

    told = (await ok(await client.get(path)))["history"]

    assert [each["published_by_name"] for each in told] == [None, user.display_name]
    assert [each["published_by"] for each in told] == [None, user.id]


@pytest.mark.asyncio
async def test_a_planning_without_a_publication_has_no_history_and_an_unknown_one_is_not_found(
    session: AsyncSession, sign_in: SignIn
) -> None:
    await add_group(session)
    planning = await add_planning(session)
    client = await sign_in(await add_user(session, Role.PLANNER))

    assert (await ok(await client.get(f"/api/v1/plannings/{planning}/history")))["items"] == []
    assert (await client.get("/api/v1/plannings/999999/history")).status_code == 404
