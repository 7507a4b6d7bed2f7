"""The hospital's page: its own night and nobody else's, and what it may say of it."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.directory.domain import Actor, Grant, Role
from app.directory.models import AccessLog, RoleGrant
from app.reports.domain.versions import Means
from app.requests.service import images as requests
from app.worklist.queries.hospital import load_night
from tests.factories.asking import begin_asking
from tests.factories.flow import open_case, sign_case
from tests.factories.stage import (
    NIGHT,
    Stage,
    add_radiologist,
    add_user,
    set_stage,
)
from tests.integration.web.pages.conftest import Browse, Browser

MONTH_LATER = NIGHT.replace(month=12)


async def browse_as_hospital(stage: Stage, browse: Browse) -> tuple[Browser, Actor]:
    """Give the browser of somebody of the stage's hospital."""
    actor = await add_user(stage, role=Role.SITE)
    stage.session.add(RoleGrant(user_id=actor.user_id, role="site", site_id=stage.site.id))
    await stage.session.flush()
    actor = Actor(
        user_id=actor.user_id,
        name=actor.name,
        grants=(Grant(Role.SITE, site_id=stage.site.id),),
    )
    return await browse(actor), actor


@pytest.mark.asyncio
async def test_a_hospital_is_led_to_its_own_page_and_the_view_is_logged_once(
    stage: Stage, browse: Browse
) -> None:
    await open_case(stage)
    browser, actor = await browse_as_hospital(stage, browse)

    led = await browser.get("/")
    page = await browser.get("/hospital")
    await browser.get("/hospital/night", htmx=True)

    assert (led.status_code, led.headers["location"]) == (303, "/hospital")
    assert stage.site.name in page.text
    assert "DUPONT JEANNE" in page.text
    query = select(AccessLog.subject, AccessLog.action, AccessLog.subject_id).where(
        AccessLog.user_id == actor.user_id
    )
    logged = [tuple(row) for row in await stage.session.execute(query)]
    assert logged == [("hospital", "list", stage.site.id)]


@pytest.mark.asyncio
async def test_a_neighbour_sees_nothing_and_can_do_nothing(stage: Stage, browse: Browse) -> None:
    here = await open_case(stage)
    neighbour = await set_stage(stage.session, night=MONTH_LATER)
    browser, _ = await browse_as_hospital(neighbour, browse)

    page = await browser.get("/hospital")
    asked = await browser.get(f"/hospital?site_id={stage.site.id}")
    part = await browser.get(f"/hospital/night?site_id={stage.site.id}", htmx=True)
    changes = [
        await browser.post(f"/hospital/cases/{here}/priority", priority="P1", reason="Curieux"),
        await browser.post(f"/hospital/cases/{here}/exam-finished"),
        await browser.post(f"/hospital/cases/{here}/read"),
        await browser.post(f"/cases/{here}/incidents", kind="other", text="Curieux"),
    ]

    assert "DUPONT" not in page.text
    assert stage.site.name not in page.text
    assert [asked.status_code, part.status_code] == [404, 404]
    assert [answer.status_code for answer in changes] == [404, 404, 404, 404]


@pytest.mark.asyncio
async def test_who_is_of_no_hospital_has_no_such_page(stage: Stage, browse: Browse) -> None:
    _, actor = await add_radiologist(stage)

    answer = await (await browse(actor)).get("/hospital")

    assert answer.status_code == 403


@pytest.mark.asyncio
async def test_the_hospital_raises_a_priority_and_never_lowers_it(
    stage: Stage, browse: Browse
) -> None:
    case_id = await open_case(stage)
    browser, _ = await browse_as_hospital(stage, browse)
    place = f"/hospital/cases/{case_id}/priority"

    lowered = await browser.post(place, priority="P3", reason="Moins grave")
    raised = await browser.post(place, priority="P1", reason="Troubles de la conscience")

    assert lowered.status_code == 403
    assert raised.headers["location"] == "/hospital"
    query = text('SELECT priority FROM "case" WHERE id = :id')
    assert await stage.session.scalar(query, {"id": case_id}) == "P1"


@pytest.mark.asyncio
async def test_the_hospital_says_that_the_exam_is_finished(stage: Stage, browse: Browse) -> None:
    case_id = await open_case(stage)
    browser, _ = await browse_as_hospital(stage, browse)
    before = await browser.get("/hospital")

    answer = await browser.post(f"/hospital/cases/{case_id}/exam-finished", htmx=True)

    assert "still arriving" in before.text
    assert answer.status_code == 204
    page = await browser.get(f"/cases/{case_id}")
    assert "The hospital" in page.text.partition('id="timeline-title"')[2]


@pytest.mark.asyncio
async def test_the_first_result_and_its_reader_stand_on_the_page(
    stage: Stage, browse: Browse
) -> None:
    _, actor = await add_radiologist(stage)
    case_id = await open_case(stage)
    await pipeline.claim(stage.session, case_id, actor=actor, now=NIGHT)
    await pipeline.give_preliminary(
        stage.session,
        case_id,
        text="Pas de saignement.",
        told_to="Dr Roux",
        means=Means.TELEPHONE,
        actor=actor,
        now=NIGHT,
    )
    browser, _ = await browse_as_hospital(stage, browse)

    page = await browser.get("/hospital")

    assert "Pas de saignement." in page.text
    assert "told to Dr Roux" in page.text
    assert 'href="tel:+33600000000"' in page.text


@pytest.mark.asyncio
async def test_a_report_that_was_read_is_said_so_once_it_was_delivered(
    stage: Stage, browse: Browse
) -> None:
    _, actor = await add_radiologist(stage)
    case_id = await open_case(stage)
    await sign_case(stage, case_id, actor=actor, instances=2, at=NIGHT)
    browser, _ = await browse_as_hospital(stage, browse)

    too_soon = await browser.post(f"/hospital/cases/{case_id}/read")
    await stage.session.execute(
        text("UPDATE \"case\" SET state = 'delivered' WHERE id = :id"), {"id": case_id}
    )
    answer = await browser.post(f"/hospital/cases/{case_id}/read")

    assert too_soon.status_code == 409
    assert answer.headers["location"] == "/hospital"
    page = await browser.get("/hospital")
    assert "Report read by you" in page.text.partition('id="closed-cases-title"')[2]


@pytest.mark.asyncio
async def test_a_request_whose_images_have_come_is_no_longer_among_those_that_wait(
    session: AsyncSession,
) -> None:
    asking = await begin_asking(session)
    request_id = await asking.submit()
    await asking.decide(request_id)

    waiting = await load_night(session, site_id=asking.stage.site.id, now=NIGHT)
    await requests.images_came(session, request_id, now=NIGHT)
    answered = await load_night(session, site_id=asking.stage.site.id, now=NIGHT)

    assert [each.request_id for each in waiting.requests] == [request_id]
    assert answered.requests == ()
