"""The pages of rules: calendars and their sets, refused with a reason; how societies swap."""

import html
import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.directory.domain import Actor, Grant, Role
from app.directory.models import RoleGrant
from app.planning.models import Calendar
from app.planning.repository import segments, swap_rules
from app.planning.service.segments import load_calendar
from tests.factories.planning import NOW, Group, add_group
from tests.factories.stage import Stage, add_radiologist, add_user
from tests.integration.web.pages.conftest import Browse, Browser

PAGE = "/planning/rules"
GUARDS = f"{PAGE}/gcs"
Typed = dict[str, str | int | list[str]]


def read_form(page: str, action: str) -> Typed:
    """Read what a browser would send of a form, without its token."""
    form = page.partition(f'action="{action}"')[2].partition("</form>")[0]
    fields: Typed = {}
    for tag in re.findall(r"<input[^>]*>", form):
        known = dict(re.findall(r'([a-z]+)="([^"]*)"', tag))
        name, value = known.get("name", ""), html.unescape(known.get("value", ""))
        if known.get("type") == "checkbox":
            ticked = fields.setdefault(name, [])
            assert isinstance(ticked, list)
            ticked.extend([value] if re.search(r"\schecked\b", tag) else [])
        elif name != "csrf_token":
            fields[name] = value
    return fields


async def plan(stage: Stage, browse: Browse, *, society: int | None = None) -> Browser:
    actor = await add_user(stage, role=Role.PLANNER)
    if society is not None:
        stage.session.add(
            RoleGrant(user_id=actor.user_id, role=Role.PLANNER.value, society_id=society)
        )
        await stage.session.flush()
        actor = Actor(
            user_id=actor.user_id, name="P", grants=(Grant(Role.PLANNER, society_id=society),)
        )
    return await browse(actor)


@pytest.mark.asyncio
async def test_everybody_reads_the_rules_and_a_radiologist_changes_none(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    group = await add_group(session, people_each=1)
    _, actor = await add_radiologist(stage)
    browser = await browse(actor)

    page = (await browser.get(PAGE)).text
    calendar = (await browser.get(GUARDS)).text
    refused = [
        await browser.post(PAGE, code="late", name="Late", kind="hours"),
        await browser.post(GUARDS, since="2099-01-01"),
        await browser.post(f"/planning/swap-rules/{group.societies[0]}"),
    ]

    assert "guards: every instant has one segment" in page
    assert "On-call care (PDSES)" in page
    assert "Monday to Friday" in page
    assert "Christmas, from 18:00 the day before" in page
    assert "Write this calendar" not in page
    assert "Let these rules take over" not in calendar
    assert [each.status_code for each in refused] == [403] * 3
    assert (await browser.get(f"{PAGE}/moon")).status_code == 404


@pytest.mark.asyncio
async def test_a_set_of_rules_takes_over_after_the_guards_that_are_laid_out(
    stage: Stage, browse: Browse, session: AsyncSession, clock: SetClock
) -> None:
    clock.instant = NOW
    await add_group(session, people_each=1)
    browser = await plan(stage, browse)
    typed = read_form((await browser.get(GUARDS)).text, GUARDS)

    early = await browser.send(GUARDS, typed | {"since": NOW.date().isoformat()})
    taken = await browser.send(GUARDS, typed | {"0-seats_needed": "3", "0-points": "1,5"})

    assert early.status_code == 422
    assert "guards are laid out until" in early.text
    assert taken.status_code == 303
    first = date.fromisoformat(str(typed["since"]))
    rules = (await load_calendar(session)).rules
    assert {each.valid_until for each in rules if each.valid_from < first} == {first}
    new = {each.segment: each for each in rules if each.valid_from == first}
    assert set(new) == {"day", "evening", "deep_night", "weekend"}
    changed = new[str(typed["0-code"])]
    assert (changed.needed.readers, changed.points) == (3, 1500)
    old = {each.segment: each for each in rules if each.valid_from < first}
    assert new[str(typed["1-code"])].needed == old[str(typed["1-code"])].needed


@pytest.mark.asyncio
async def test_a_hole_and_an_overlap_are_named_and_stay_as_they_were_typed(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    await add_group(session, people_each=1)
    browser = await plan(stage, browse)
    typed = read_form((await browser.get(GUARDS)).text, GUARDS)
    typed |= {"since": "2099-01-01"}
    evening = next(each.partition("-")[0] for each in typed if typed[each] == "evening")

    hole = await browser.send(GUARDS, typed | {f"{evening}-code": ""})
    overlap = await browser.send(GUARDS, typed | {f"{evening}-starts": "18:00"})
    rules = (await load_calendar(session)).rules

    assert (hole.status_code, overlap.status_code) == (422, 422)
    assert "These rules were not taken:" in hole.text
    assert "“Day” ends there and “Deep night” begins only at" in hole.text
    assert "“Day” and “Evening” both cover" in overlap.text
    assert 'value="18:00"' in overlap.text
    assert {each.valid_until for each in rules} == {None}


@pytest.mark.asyncio
async def test_fields_that_cannot_be_read_are_named_by_rule(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    await add_group(session, people_each=1)
    browser = await plan(stage, browse)
    typed = read_form((await browser.get(GUARDS)).text, GUARDS)

    faulty = await browser.send(
        GUARDS, typed | {"0-starts": "25:00", "0-days": [], "1-points": "many"}
    )
    undated = await browser.send(GUARDS, typed | {"since": "some day"})
    unzoned = await browser.send(GUARDS, typed | {"since": "2099-01-01", "0-zone": "Moon/Base"})

    assert (faulty.status_code, undated.status_code, unzoned.status_code) == (422, 422, 422)
    assert "Rule 1 cannot be read: Days on which it begins, Begins" in faulty.text
    assert "Rule 2 cannot be read: Points" in faulty.text
    assert "say on which day these rules take over" in undated.text
    assert "names a time zone that does not exist" in unzoned.text


@pytest.mark.asyncio
async def test_a_calendar_of_hours_and_one_of_a_site_are_written(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    await add_group(session, people_each=1)
    browser = await plan(stage, browse)
    site = stage.site.id

    late = await browser.post(PAGE, code="late", name="Late hours", kind="hours")
    typed: Typed = {"since": "2026-01-01", "0-code": "late", "0-starts": "22:00"}
    typed |= {"0-ends": "06:00", "0-days": ["monday", "holiday"]}
    ruled = await browser.send(f"{PAGE}/late", typed)
    doubled = await browser.send(
        f"{PAGE}/late", typed | {key.replace("0-", "1-"): typed[key] for key in typed}
    )
    echo = await browser.post(PAGE, code="echo", name="Ultrasound", kind="on_site", site=site)
    refused = [
        await browser.post(PAGE, code="echo_2", name="Ultrasound", kind="on_site"),
        await browser.post(PAGE, code="second", name="Second", kind="guard"),
        await browser.post(PAGE, code="late", name="Late", kind="on_site", site=site),
    ]
    page = (await browser.get(PAGE)).text

    assert [each.status_code for each in (late, ruled, echo)] == [303] * 3
    assert [each.status_code for each in (doubled, *refused)] == [422] * 4
    assert "“late” and “late” both cover" in doubled.text
    assert "a line on site needs the site" in refused[0].text
    assert "there is one calendar of guards, and no second one" in refused[1].text
    assert "there is a calendar late of another kind" in refused[2].text
    (rule,) = await segments.list_rules(session, calendar="late")
    assert {each.value for each in rule.days} == {"monday", "holiday"}
    assert "Late hours" in page
    assert "Monday, holidays" in page
    named = await session.scalars(select(Calendar.code).where(Calendar.kind == "on_site"))
    assert named.all() == ["echo"]


@pytest.mark.asyncio
async def test_a_calendar_of_hours_is_renamed_and_keeps_its_rules(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    await add_group(session, people_each=1)
    browser = await plan(stage, browse)
    await browser.post(PAGE, code="late", name="Late hours", kind="hours")
    typed: Typed = {"since": "2026-01-01", "0-code": "late", "0-starts": "22:00"}
    await browser.send(f"{PAGE}/late", typed | {"0-ends": "06:00", "0-days": ["monday"]})

    late_form = read_form((await browser.get(f"{PAGE}/late")).text, PAGE)
    renamed = await browser.send(
        PAGE, late_form | {"name": "Very late hours", "alsace_moselle": "yes"}
    )
    row = (await session.scalars(select(Calendar).where(Calendar.code == "late"))).one()
    await session.refresh(row)
    assert renamed.status_code == 303
    assert (row.name, row.kind, row.alsace_moselle) == ("Very late hours", "hours", True)
    assert len(await segments.list_rules(session, calendar="late")) == 1


async def find_rules(session: AsyncSession, society: int) -> tuple[bool, str | None]:
    found = await swap_rules.find_rules(session, society)
    return found.needs_approval, found.credit


@pytest.mark.asyncio
async def test_a_planner_sets_how_the_own_society_swaps_and_no_other(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    group: Group = await add_group(session, people_each=1)
    own, other = group.societies[:2]
    browser = await plan(stage, browse, society=own)

    done = await browser.post(f"/planning/swap-rules/{own}", approval="yes", credit="taker")
    denied = await browser.post(f"/planning/swap-rules/{other}", approval="yes")
    wrong = await browser.post(f"/planning/swap-rules/{own}", credit="both")
    page = (await browser.get(PAGE)).text

    assert (done.status_code, denied.status_code, wrong.status_code) == (303, 403, 422)
    assert await find_rules(session, own) == (True, "taker")
    assert await find_rules(session, other) == (False, None)
    assert f'action="/planning/swap-rules/{own}"' in page
    assert f'action="/planning/swap-rules/{other}"' not in page
    assert "Write this calendar" not in page


@pytest.mark.asyncio
async def test_special_days_are_counted_by_society(
    stage: Stage, browse: Browse, session: AsyncSession, clock: SetClock
) -> None:
    clock.instant = NOW + timedelta(days=400)
    browser = await plan(stage, browse)

    page = (await browser.get(PAGE)).text

    row = page.partition(f'<th scope="row">{stage.society.name}</th>')[2].partition("</tr>")[0]
    assert re.findall(r"<td>(\d+)</td>", row) == ["0", "0", "0", "0"]
