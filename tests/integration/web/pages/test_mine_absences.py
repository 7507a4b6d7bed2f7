"""One's own page: absences and wishes are looked at first; an address for one's calendar."""

import re
from datetime import datetime, timedelta

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.planning.models import Absence, RadiologistWish
from tests.factories.planning import NOW, PARIS
from tests.factories.swaps import Stage, add_stage, find_held
from tests.integration.web.conftest import SignIn
from tests.integration.web.pages.mine_people import MINE, find_hidden, sign, sign_planner


@pytest_asyncio.fixture
async def stage(session: AsyncSession) -> Stage:
    """Give a published week with a seat to give and people who are free."""
    return await add_stage(session)


def write_wall(at: datetime) -> str:
    return f"{at.astimezone(PARIS):%Y-%m-%dT%H:%M}"


@pytest.mark.asyncio
async def test_an_absence_over_a_published_guard_is_shown_before_it_is_saved(
    session: AsyncSession, stage: Stage, sign_in: SignIn
) -> None:
    radiologist = await sign(session, sign_in, stage.giver)
    hours = stage.given.seat.interval
    form = {"start": write_wall(hours.start), "end": write_wall(hours.end), "kind": "leave"}
    count = select(func.count()).select_from(Absence)

    asked = await radiologist.post(f"{MINE}/absences", data=form)
    before = (await session.execute(count)).scalar_one()
    seen = find_hidden(asked.text, "seen")
    stale = await radiologist.post(f"{MINE}/absences", data=form | {"seen": "1,2"})
    saved = await radiologist.post(f"{MINE}/absences", data=form | {"seen": seen})
    page = await radiologist.get(MINE)

    assert "Nothing is saved yet" in asked.text
    assert str(stage.given.seat.id) in seen.split(",")
    assert before == 0
    assert "Nothing is saved yet" in stale.text
    assert saved.status_code == 303
    absence = (await session.scalars(select(Absence))).one()
    assert (absence.period.lower, absence.period.upper) == (hours.start, hours.end)
    assert "held meanwhile" in page.text
    assert (await find_held(session, stage.given.seat.id)).radiologist == stage.giver
    deleted = await radiologist.post(f"{MINE}/absences/{absence.id}/delete")
    assert deleted.status_code == 303
    assert (await session.execute(count)).scalar_one() == 0


@pytest.mark.asyncio
async def test_a_last_act_is_told_on_the_page_by_the_holder_and_shown_there(
    session: AsyncSession, stage: Stage, sign_in: SignIn, clock: SetClock
) -> None:
    hours = stage.given.seat.interval
    path = f"{MINE}/seats/{stage.given.seat.id}/last-act"
    told_at = hours.end + timedelta(minutes=95)
    before = await (await sign(session, sign_in, stage.giver)).get(MINE)
    clock.instant = hours.end + timedelta(hours=3)
    giver = await sign(session, sign_in, stage.giver)
    colleague = await sign(session, sign_in, stage.free[0])

    refused = await colleague.post(path, data={"acted_at": write_wall(told_at)})
    late = await giver.post(path, data={"acted_at": write_wall(clock.instant + timedelta(days=1))})
    told = await giver.post(path, data={"acted_at": write_wall(told_at)})
    page = await giver.get(MINE)

    assert path not in before.text
    assert (refused.status_code, late.status_code, told.status_code) == (403, 422, 303)
    assert told.headers["location"] == f"{MINE}#begun"
    assert path in page.text
    assert "worked last at" in page.text
    assert f'value="{write_wall(told_at)}"' in page.text


@pytest.mark.asyncio
async def test_an_absence_that_touches_nothing_is_saved_at_once_and_a_wrong_one_never(
    session: AsyncSession, stage: Stage, sign_in: SignIn
) -> None:
    radiologist = await sign(session, sign_in, stage.giver)
    later = NOW + timedelta(days=90)
    form = {"start": write_wall(later), "end": write_wall(later + timedelta(days=2))}

    saved = await radiologist.post(f"{MINE}/absences", data=form)
    wrong = [
        await radiologist.post(f"{MINE}/absences", data=form | {"end": form["start"]}),
        await radiologist.post(f"{MINE}/absences", data=form | {"end": "2026-02-31T10:00"}),
        await radiologist.post(f"{MINE}/absences", data=form | {"end": "9999-01-01T10:00"}),
        await radiologist.post(f"{MINE}/absences", params={"of": stage.free[0]}, data=form),
    ]

    assert saved.status_code == 303
    assert [each.status_code for each in wrong] == [422, 422, 422, 403]
    assert len((await session.scalars(select(Absence))).all()) == 1


@pytest.mark.asyncio
async def test_a_wish_shows_the_seats_that_it_cannot_move_and_is_kept_with_its_weight(
    session: AsyncSession, stage: Stage, sign_in: SignIn
) -> None:
    radiologist = await sign(session, sign_in, stage.giver)
    hours = stage.given.seat.interval
    form = {
        "start": write_wall(hours.start),
        "end": write_wall(hours.end),
        "kind": "avoid",
        "weight": "3",
    }

    asked = await radiologist.post(f"{MINE}/wishes", data=form)
    saved = await radiologist.post(
        f"{MINE}/wishes", data=form | {"seen": find_hidden(asked.text, "seen")}
    )
    against = await radiologist.post(f"{MINE}/wishes", data=form | {"kind": "prefer"})
    page = await radiologist.get(MINE)

    assert "Nothing is saved yet" in asked.text
    assert saved.status_code == 303
    assert against.status_code == 422
    wish = (await session.scalars(select(RadiologistWish))).one()
    assert (wish.kind, wish.weight) == ("avoid", 3)
    assert "rather not, very much" in page.text
    assert (await radiologist.post(f"{MINE}/wishes/{wish.id}/delete")).status_code == 303
    assert (await session.scalars(select(RadiologistWish))).all() == []


@pytest.mark.asyncio
async def test_a_calendar_address_is_shown_once_read_and_revoked(
    session: AsyncSession, stage: Stage, sign_in: SignIn, client: httpx.AsyncClient
) -> None:
    radiologist = await sign(session, sign_in, stage.giver)

    made = await radiologist.post(f"{MINE}/calendar")
    found = re.search(r'id="address"[^>]*value="([^"]+)"', made.text)
    assert found is not None, made.text
    read = await client.get(found[1])
    page = await radiologist.get(MINE)
    revoke = re.search(rf'action="({MINE}/calendar/\d+/revoke)"', page.text)
    assert revoke is not None
    revoked = await radiologist.post(revoke[1])

    assert read.status_code == 200
    assert f"UID:seat-{stage.given.seat.id}@astreinte" in read.text
    assert found[1] not in page.text
    assert made.headers["Cache-Control"] == "no-store"
    assert revoked.status_code == 303
    assert (await client.get(found[1])).status_code == 404


@pytest.mark.asyncio
async def test_every_field_of_both_pages_has_a_label(
    session: AsyncSession, stage: Stage, sign_in: SignIn
) -> None:
    radiologist = await sign(session, sign_in, stage.giver)
    planner = await sign_planner(session, sign_in, stage.society)
    await radiologist.post(f"{MINE}/swaps", data={"seat": stage.given.seat.id, "approval": "yes"})

    for page in (await radiologist.get(MINE), await planner.get("/planning/swaps")):
        fields = re.findall(r"<(?:input|select)\b[^>]*>", page.text)
        shown = [each for each in fields if 'type="hidden"' not in each]
        ids = [found[1] for each in shown if (found := re.search(r'\bid="([^"]+)"', each))]
        assert len(ids) == len(shown) == len(set(ids))
        assert set(ids) <= set(re.findall(r'<label for="([^"]+)"', page.text))
