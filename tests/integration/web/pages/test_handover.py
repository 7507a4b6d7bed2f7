"""The page of check-in and handover: one checks in, sees what is handed over, and accepts it."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.directory.domain import Role
from app.directory.models import RoleGrant
from app.dispatch.models import CheckIn, HandoverItem
from tests.factories.relief import Relief, lay_relief, look, offer_one
from tests.factories.stage import NIGHT, add_user
from tests.integration.web.pages.conftest import Browse

MINUTE = timedelta(minutes=1)
END = NIGHT + 9 * MINUTE
ALL: dict[str, str | int | list[str]] = {
    "sound_heard": "yes",
    "telephone_confirmed": "yes",
    "page_visible": "yes",
}


async def lay_handover(session: AsyncSession, *, things: int = 1) -> tuple[Relief, list[int]]:
    """Let a reader leave in 9 minutes, with cases that were offered to who comes."""
    relief = await lay_relief(session, end=END)
    cases = [await offer_one(relief) for _ in range(things)]
    await look(relief, NIGHT - 2 * MINUTE)
    return relief, cases


async def list_states(session: AsyncSession) -> list[str]:
    rows = await session.scalars(select(HandoverItem.state).order_by(HandoverItem.id))
    return list(rows)


@pytest.mark.asyncio
async def test_who_comes_checks_in_on_the_page_and_sees_that_it_is_done(
    session: AsyncSession, browse: Browse
) -> None:
    relief = await lay_relief(session, end=END)
    browser = await browse(relief.coming_actor)

    before = await browser.get("/handover")
    part = await browser.post("/handover/check-in", htmx=True, sound_heard="yes")
    done = await browser.send("/handover/check-in", ALL, htmx=True)
    after = await browser.get("/handover/list", htmx=True)

    assert "Check-in for your guard" in before.text
    assert "06 00 00 00 00" in before.text
    assert (part.status_code, part.headers["HX-Trigger"]) == (204, "handover-changed")
    assert done.status_code == 204
    assert "Check-in for your guard" not in after.text
    assert "checked in 22:00" in after.text
    row = await session.scalar(select(CheckIn).where(CheckIn.radiologist_id == relief.coming.id))
    assert row is not None
    assert (row.state, row.checked_in_by) == ("done", relief.coming_actor.user_id)


@pytest.mark.asyncio
async def test_nobody_checks_in_who_is_not_on_guard(session: AsyncSession, browse: Browse) -> None:
    relief = await lay_relief(session, end=END + timedelta(hours=20))
    browser = await browse(relief.coming_actor)

    answer = await browser.send("/handover/check-in", ALL)

    assert answer.status_code == 409
    assert "you hold no seat now" in answer.text


@pytest.mark.asyncio
async def test_what_is_handed_over_is_accepted_one_by_one_or_all_at_once(
    session: AsyncSession, browse: Browse
) -> None:
    relief, (first, *_) = await lay_handover(session, things=3)
    browser = await browse(relief.coming_actor)

    page = await browser.get("/handover")
    items = (await session.scalars(select(HandoverItem).order_by(HandoverItem.id))).all()
    one = await browser.post(f"/handover/items/{items[0].id}/accept", htmx=True)
    rest = await browser.post(f"/handover/{items[0].handover_id}/accept", htmx=True)
    after = await browser.get("/handover/list", htmx=True)

    assert f'href="/cases/{first}"' in page.text
    assert "Accept all 3 things" in page.text
    assert (one.status_code, rest.status_code) == (204, 204)
    assert await list_states(session) == ["accepted"] * 3
    assert "accepted by Dr" in after.text
    assert "DUPONT" not in page.text


@pytest.mark.asyncio
async def test_who_leaves_offers_to_another_with_a_note_and_who_comes_may_not(
    session: AsyncSession, browse: Browse
) -> None:
    relief, _ = await lay_handover(session)
    (item,) = (await session.scalars(select(HandoverItem))).all()
    path = f"/handover/items/{item.id}/offer"
    coming, leaving = await browse(relief.coming_actor), await browse(relief.leaving_actor)

    refused = await coming.post(path, radiologist_id=relief.staying.id)
    offered = await leaving.post(path, radiologist_id=relief.staying.id, note="Scanner en panne")
    page = await (await browse(relief.staying_actor)).get("/handover")

    assert refused.status_code == 403
    assert offered.headers["location"] == "/handover"
    assert "Scanner en panne" in page.text
    assert "Accept 1 thing" in page.text


@pytest.mark.asyncio
async def test_the_coordinator_sees_what_was_refused_and_closes_it(
    session: AsyncSession, browse: Browse
) -> None:
    relief, _ = await lay_handover(session)
    (item,) = (await session.scalars(select(HandoverItem))).all()
    coming = await browse(relief.coming_actor)
    coordinator = await browse(await add_user(relief.stage, role=Role.COORDINATOR))

    await coming.post(f"/handover/items/{item.id}/refuse", reason="en intervention")
    page = await coordinator.get("/handover")
    closed = await coordinator.post(
        f"/handover/items/{item.id}/set-aside", reason="vu au téléphone"
    )

    assert "en intervention" in page.text
    assert closed.status_code == 303
    assert await list_states(session) == ["settled"]


@pytest.mark.asyncio
async def test_hospitals_and_readers_who_have_nothing_to_do_with_it_see_nothing_of_it(
    session: AsyncSession, browse: Browse, clock: SetClock
) -> None:
    relief, (case_id,) = await lay_handover(session)
    (item,) = (await session.scalars(select(HandoverItem))).all()
    other = await browse(relief.staying_actor)
    at_site = await add_user(relief.stage, role=Role.SITE)
    session.add(RoleGrant(user_id=at_site.user_id, role="site", site_id=relief.stage.site.id))
    await session.flush()
    hospital = await browse(at_site)

    page = await other.get("/handover")
    refused = await other.post(f"/handover/items/{item.id}/accept")

    assert f"/cases/{case_id}" not in page.text
    assert refused.status_code == 404
    assert (await hospital.get("/handover")).status_code == 403
    assert clock.instant == NIGHT
