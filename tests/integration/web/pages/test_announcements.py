"""Announcements of sites on their page: by the site, by planners, on the wall of the group."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.directory.domain import Actor, Role
from app.directory.models import RoleGrant
from app.planning.models import InformationLine
from tests.factories.stage import NIGHT, Stage, add_radiologist, add_society, add_user, set_stage
from tests.integration.web.pages.conftest import Browse, Browser
from tests.integration.web.pages.test_hospital import browse_as_hospital

PAGE = "/on-call/announcements"
WORDS = {"label": "Ultrasound on site", "text": "Dr Petit", "telephone": "+33556000001"}
HOURS = {"start": "2026-11-20T22:30", "end": "2026-11-21T08:00"}


async def plan_for(stage: Stage, browse: Browse, society: int) -> Browser:
    actor = await add_user(stage, role=Role.PLANNER)
    stage.session.add(RoleGrant(user_id=actor.user_id, role=Role.PLANNER.value, society_id=society))
    await stage.session.flush()
    return await browse(actor)


@pytest.mark.asyncio
async def test_a_hospital_announces_and_takes_off_the_board(
    stage: Stage, browse: Browse, session: AsyncSession, clock: SetClock
) -> None:
    clock.instant = NIGHT
    browser, _ = await browse_as_hospital(stage, browse)
    other = await set_stage(session, night=NIGHT.replace(month=12))
    fields = {"site": str(stage.site.id)} | WORDS | HOURS

    made = await browser.send(PAGE, fields)
    denied = await browser.send(PAGE, fields | {"site": str(other.site.id)})
    page = (await browser.get(PAGE)).text
    board = (await browser.get("/on-call")).text
    line = (await session.scalars(select(InformationLine))).one()
    taken = await browser.post(f"{PAGE}/{line.id}/withdraw")

    assert (made.status_code, denied.status_code, taken.status_code) == (303, 403, 303)
    # Wall times of Paris, in winter.
    assert line.period.lower == datetime(2026, 11, 20, 21, 30, tzinfo=UTC)
    assert "Ultrasound on site" in page
    assert "Ultrasound on site" in board
    assert f'href="{PAGE}"' in board
    assert other.site.name not in page
    assert (await session.scalars(select(InformationLine))).all() == []


@pytest.mark.asyncio
async def test_a_planner_announces_for_sites_of_the_own_society_alone(
    stage: Stage, browse: Browse, session: AsyncSession, clock: SetClock
) -> None:
    clock.instant = NIGHT
    fields = {"site": str(stage.site.id)} | WORDS | HOURS
    own = await plan_for(stage, browse, stage.society.id)
    stranger = await plan_for(stage, browse, (await add_society(session)).id)

    answers = [await each.send(PAGE, fields) for each in (own, stranger)]
    line = (await session.scalars(select(InformationLine))).one()
    taken = [await each.post(f"{PAGE}/{line.id}/withdraw") for each in (stranger, own)]

    assert [each.status_code for each in answers] == [303, 403]
    assert [each.status_code for each in taken] == [403, 303]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("changes", "reason"),
    (
        ({"end": "2026-11-20T22:30"}, "a period must end after it starts"),
        (
            {"start": "2026-11-01T08:00", "end": "2026-11-02T08:00"},
            "this would be over already: choose a later end",
        ),
        ({"end": "9999-12-31T23:59"}, "is too far away"),
    ),
)
async def test_what_is_refused_is_told_and_stays_as_it_was_typed(
    stage: Stage,
    browse: Browse,
    session: AsyncSession,
    clock: SetClock,
    changes: dict[str, str],
    reason: str,
) -> None:
    clock.instant = NIGHT
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))
    fields = {"site": str(stage.site.id)} | WORDS | HOURS | changes

    refused = await browser.send(PAGE, fields)

    assert refused.status_code == 422
    assert reason in refused.text
    assert 'value="Dr Petit"' in refused.text
    assert (await session.scalars(select(InformationLine))).all() == []


@pytest.mark.asyncio
async def test_a_radiologist_announces_nothing(stage: Stage, browse: Browse) -> None:
    actor: Actor
    _, actor = await add_radiologist(stage)
    browser = await browse(actor)

    answers = [await browser.get(PAGE), await browser.send(PAGE, {"site": "1"} | WORDS | HOURS)]

    assert [each.status_code for each in answers] == [403, 403]
    assert f'href="{PAGE}"' not in (await browser.get("/on-call")).text
