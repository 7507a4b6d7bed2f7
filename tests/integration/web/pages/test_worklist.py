"""The worklist page: rows once for all who see the same, and who may do what to them."""

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.db.clock import SetClock
from app.directory.domain import Actor, Grant, Role
from app.directory.models import AccessLog, RoleGrant
from tests.factories.flow import offer_case, open_case
from tests.factories.stage import (
    NIGHT,
    Stage,
    add_radiologist,
    add_user,
    put_on_guard,
    set_stage,
)
from tests.integration.web.pages.conftest import Browse, Browser


async def offer(stage: Stage) -> tuple[int, Actor]:
    """Offer a case to a reader."""
    radiologist, actor = await add_radiologist(stage)
    await put_on_guard(stage, radiologist)
    case_id = await open_case(stage, urgent=True)
    await offer_case(stage, case_id, at=NIGHT)
    return case_id, actor


@pytest.mark.asyncio
async def test_the_page_shows_the_rows_and_is_logged_but_its_fetches_are_not(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    case_id, actor = await offer(stage)
    browser = await browse(actor)

    page = await browser.get("/")
    await browser.get("/worklist/rows", htmx=True)

    assert "DUPONT JEANNE" in page.text
    assert f'id="case-{case_id}"' in page.text
    assert "offered to you" in page.text
    logged = await session.execute(
        select(AccessLog.subject, AccessLog.action).where(AccessLog.user_id == actor.user_id)
    )
    assert [tuple(row) for row in logged] == [("worklist", "list")]


@pytest.mark.asyncio
async def test_a_row_is_rendered_once_for_all_who_see_the_same(
    application: FastAPI, stage: Stage, browse: Browse
) -> None:
    await offer(stage)
    cache = application.state.row_cache
    strangers = [(await add_radiologist(stage))[1] for _ in range(3)]

    for actor in strangers:
        browser = await browse(actor)
        await browser.get("/")
        await browser.get("/worklist/rows", htmx=True)

    assert cache.rendered_count == 1


@pytest.mark.asyncio
async def test_a_row_is_rendered_again_when_what_it_shows_has_changed(
    application: FastAPI, stage: Stage, browse: Browse
) -> None:
    case_id, actor = await offer(stage)
    cache = application.state.row_cache
    browser = await browse(actor)
    await browser.get("/")

    await stage.session.execute(text("UPDATE delivery SET sent_count = 1"))
    await cases.touch(stage.session, case_id)
    page = await browser.get("/")

    assert cache.rendered_count == 2
    assert "1 of 2" in page.text


@pytest.mark.asyncio
async def test_no_row_depends_on_the_instant(
    application: FastAPI, stage: Stage, browse: Browse, clock: SetClock
) -> None:
    _, actor = await offer(stage)
    browser = await browse(actor)
    before = await browser.get("/worklist/rows", htmx=True)

    clock.instant = clock.instant.replace(hour=23, minute=59)
    after = await browser.get("/worklist/rows", htmx=True)

    start = '<tr id="case-'
    assert before.text.partition(start)[2] == after.text.partition(start)[2] != ""


@pytest.mark.asyncio
async def test_a_case_is_acknowledged_then_claimed_and_the_page_looks_again(
    stage: Stage, browse: Browse
) -> None:
    case_id, actor = await offer(stage)
    browser = await browse(actor)

    seen = await browser.post(f"/cases/{case_id}/acknowledge", htmx=True)
    claimed = await browser.post(f"/cases/{case_id}/claim", htmx=True)

    assert seen.status_code == claimed.status_code == 204
    assert claimed.headers["hx-trigger"] == "worklist-changed"
    rows = await browser.get("/worklist/rows", htmx=True)
    assert "yours" in rows.text
    assert f'hx-post="/cases/{case_id}/put-aside"' in rows.text
    assert f"/cases/{case_id}/claim" not in rows.text
    assert f"/cases/{case_id}/acknowledge" not in rows.text


@pytest.mark.asyncio
async def test_a_case_is_put_aside_and_resumed_and_whoever_looks_sees_it(
    stage: Stage, browse: Browse
) -> None:
    case_id, actor = await offer(stage)
    browser = await browse(actor)
    coordinator = await browse(await add_user(stage, role=Role.COORDINATOR))
    await browser.post(f"/cases/{case_id}/claim", htmx=True)

    aside = await browser.post(f"/cases/{case_id}/put-aside", htmx=True)
    seen = (await coordinator.get("/worklist/rows", htmx=True)).text
    own = (await browser.get(f"/cases/{case_id}")).text
    answered = await browser.post(f"/cases/{case_id}/still-reading", htmx=True)
    back = await browser.post(f"/cases/{case_id}/resume", htmx=True)
    twice = await browser.post(f"/cases/{case_id}/resume", htmx=True)
    after = (await coordinator.get("/worklist/rows", htmx=True)).text

    assert (aside.status_code, answered.status_code, back.status_code) == (204, 204, 204)
    assert twice.status_code == 409
    assert "put aside until" in seen
    assert f'action="/cases/{case_id}/resume"' in own
    assert f"/cases/{case_id}/resume" not in seen
    assert "put aside until" not in after


@pytest.mark.asyncio
async def test_a_case_that_was_opened_says_with_whom_it_was_and_they_may_claim_it_again(
    stage: Stage, browse: Browse
) -> None:
    case_id, actor = await offer(stage)
    browser = await browse(actor)
    coordinator = await browse(await add_user(stage, role=Role.COORDINATOR))
    await browser.post(f"/cases/{case_id}/claim", htmx=True)

    page = (await coordinator.get(f"/cases/{case_id}")).text
    refused = await coordinator.post(f"/cases/{case_id}/leave-with-reader", reason="called")
    opened = await coordinator.post(f"/cases/{case_id}/dispossess", reason="asleep")
    rows = (await browser.get("/worklist/rows", htmx=True)).text
    again = await browser.post(f"/cases/{case_id}/claim", htmx=True)

    assert f'action="/cases/{case_id}/dispossess"' in page
    assert f'action="/cases/{case_id}/leave-with-reader"' in page
    assert (refused.status_code, opened.status_code, again.status_code) == (409, 303, 204)
    assert "with Ada" in rows
    assert "no sign" in rows
    assert f"/cases/{case_id}/claim" in rows


@pytest.mark.asyncio
async def test_the_second_to_claim_is_told_who_was_first_beside_the_rows(
    stage: Stage, browse: Browse
) -> None:
    case_id, actor = await offer(stage)
    _, other = await add_radiologist(stage)
    first, second = await browse(actor), await browse(other)
    await first.post(f"/cases/{case_id}/claim", htmx=True)

    part = await second.post(f"/cases/{case_id}/claim", htmx=True)
    page = await second.post(f"/cases/{case_id}/claim")

    assert part.status_code == page.status_code == 409
    assert part.headers["hx-retarget"] == "#notice"
    for answer in (part, page):
        assert "Taken by Dr Ada" in answer.text
        assert "22:00:00" in answer.text
        assert "DUPONT" not in answer.text
    assert "<html" in page.text


@pytest.mark.asyncio
async def test_whoever_may_not_claim_sees_no_button_for_it(stage: Stage, browse: Browse) -> None:
    await offer(stage)
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    rows = await browser.get("/worklist/rows", htmx=True)

    assert "DUPONT JEANNE" in rows.text
    assert "hx-post" not in rows.text


@pytest.mark.asyncio
async def test_a_site_sees_its_own_cases_only(stage: Stage, browse: Browse) -> None:
    here = await open_case(stage)
    other = await set_stage(stage.session, night=NIGHT.replace(month=12))
    there = await open_case(other)
    actor = await add_user(stage, role=Role.SITE)
    actor = Actor(
        user_id=actor.user_id,
        name=actor.name,
        grants=(Grant(Role.SITE, site_id=stage.site.id),),
    )
    browser = await browse_as_site(stage, browse, actor)

    page = await browser.get("/worklist/rows", htmx=True)

    assert f'id="case-{here}"' in page.text
    assert f'id="case-{there}"' not in page.text
    assert (await browser.get(f"/cases/{there}")).status_code == 404


async def browse_as_site(stage: Stage, browse: Browse, actor: Actor) -> Browser:
    stage.session.add(RoleGrant(user_id=actor.user_id, role=Role.SITE.value, site_id=stage.site.id))
    await stage.session.flush()
    return await browse(actor)


@pytest.mark.asyncio
async def test_a_planner_has_no_worklist(stage: Stage, browse: Browse) -> None:
    browser = await browse(await add_user(stage, role=Role.PLANNER))

    answer = await browser.get("/")

    assert answer.status_code == 403
    assert "You may not do this" in answer.text


@pytest.mark.asyncio
async def test_what_a_modality_sends_is_text_and_never_markup(stage: Stage, browse: Browse) -> None:
    case_id, actor = await offer(stage)
    await stage.session.execute(
        text("UPDATE patient SET patient_name = '<script>alert(1)</script>^\"''>'")
    )
    browser = await browse(actor)

    for path in ("/", f"/cases/{case_id}"):
        page = (await browser.get(path)).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
