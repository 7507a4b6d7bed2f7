"""What is said of a draft before it is published, and that nothing else is."""

import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.planning.repository import assignments
from tests.factories.planning import NOW, Group, add_draft, add_planning, add_published
from tests.integration.web.pages.planning_ground import find_movable, name


@pytest.mark.asyncio
async def test_a_draft_is_checked_and_published_as_it_was_shown(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    draft = await add_draft(session, await add_planning(session))
    seat, free = await find_movable(session, draft, group)
    taker = await name(session, free)
    path = f"/planning/revisions/{draft}/publish"

    shown = await planner.get(path, params={"month": "2026-11"})
    version = re.search(r'name="version" value="(\d+)"', shown.text)
    assert version is not None, shown.text
    await planner.post(
        f"/planning/revisions/{draft}/seats/{seat.seat.id}",
        data={"holder": taker.rpps, "seen": seat.radiologist},
    )
    stale = await planner.post(path, data={"version": version[1]})
    again = re.search(r'name="version" value="(\d+)"', (await planner.get(path)).text)
    assert again is not None
    published = await planner.post(f"{path}?month=2026-11", data={"version": again[1]})

    assert "Who is concerned" in shown.text
    assert stale.status_code == 409
    assert "The draft was changed after you opened it" in stale.text
    assert published.status_code == 303
    in_force = {each.seat.id: each for each in await assignments.list_in_force(session)}
    assert in_force[seat.seat.id].radiologist == free


@pytest.mark.asyncio
async def test_what_is_impossible_cannot_even_be_sent(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    assert group.societies
    draft = await add_draft(session, await add_planning(session))
    placements = [
        each
        for each in await assignments.list_of_revision(session, draft)
        if each.seat.interval.start > NOW + timedelta(days=1) and each.radiologist is not None
    ]
    seat = placements[0]
    busy = next(
        each.radiologist
        for each in placements[1:]
        if each.seat.interval == seat.seat.interval and each.radiologist != seat.radiologist
    )
    await planner.post(
        f"/planning/revisions/{draft}/seats/{seat.seat.id}",
        data={"holder": (await name(session, busy or 0)).rpps, "seen": seat.radiologist},
    )

    page = await planner.get(f"/planning/revisions/{draft}/publish")

    assert "these must be mended first" in page.text
    assert 'name="version"' not in page.text


@pytest.mark.asyncio
async def test_a_draft_that_rewrites_guards_that_are_over_says_so_before_it_is_sent(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient, clock: SetClock
) -> None:
    assert group.societies
    published = await add_published(session)
    draft = await add_draft(session, published.planning_id)
    first = min(
        (await assignments.list_of_revision(session, draft)),
        key=lambda each: each.seat.interval.end,
    )
    await planner.post(
        f"/planning/revisions/{draft}/seats/{first.seat.id}",
        data={"holder": "", "seen": first.radiologist},
    )
    path = f"/planning/revisions/{draft}/publish"

    before = await planner.get(path)
    clock.instant = first.seat.interval.end
    after = await planner.get(path)

    words = "Guards that are over would change"
    assert (words in before.text, words in after.text) == (False, True)
    assert 'name="version"' not in after.text


@pytest.mark.asyncio
async def test_a_draft_stands_beside_what_is_in_force_and_beside_other_drafts(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    published = await add_published(session)
    draft, other = [await add_draft(session, published.planning_id) for _ in range(2)]
    seat, free = await find_movable(session, draft, group)
    before, after = await name(session, seat.radiologist or 0), await name(session, free)
    await planner.post(
        f"/planning/revisions/{draft}/seats/{seat.seat.id}",
        data={"holder": after.rpps, "seen": seat.radiologist},
    )
    path = f"/planning/revisions/{draft}/compare"

    in_force = await planner.get(path)
    beside = await planner.get(path, params={"with": other})
    back = await planner.get(f"/planning/revisions/{other}/compare", params={"with": draft})
    nowhere = await planner.get(path, params={"with": 2**40})

    for page, one, two in (
        (in_force, before, after),
        (beside, before, after),
        (back, after, before),
    ):
        assert page.status_code == 200
        words = " ".join(page.text.split())
        assert f"{one.family_name} → <strong>" in words
        assert f"{two.family_name}</strong>" in words
        assert "Radiologists of whom something changes" in words
    assert f'compare?with={other}" aria-current="true"' in " ".join(beside.text.split())
    assert nowhere.status_code == 404
