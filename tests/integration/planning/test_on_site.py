"""Lines on site: laid out beside the guards, owed by the referent, held beside a seat afar."""

from dataclasses import dataclass, replace
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import SYSTEM
from app.directory.models import Site
from app.kit.errors import Invalid
from app.planning.domain.calendars import CalendarKind
from app.planning.domain.errors import RadiologistBusy, SegmentsInUse
from app.planning.domain.on_call_sheet import SheetLanguage, SheetLine
from app.planning.domain.seats import GuardLine, Placement, SeatKind
from app.planning.domain.sharing.export import export
from app.planning.domain.sharing.recompute import compare
from app.planning.domain.validator import Severity
from app.planning.models import Assignment, Entitlement, Guard, LedgerEntry
from app.planning.repository import assignments, segments
from app.planning.service.judging import judge_revision
from app.planning.service.on_call import on_call
from app.planning.service.on_call_sheets import lay_sheet
from app.planning.service.proofs import load_sharing
from app.planning.service.publishing import assign_seat, publish_draft
from app.planning.service.segments import NewCalendar, change_segments, put_calendar
from tests.factories.directory import add_radiologist
from tests.factories.on_site import ULTRASOUND, add_line
from tests.factories.planning import MONDAY, NOW, Group, add_draft, add_group, add_planning


async def list_guards(session: AsyncSession, planning_id: int) -> list[Guard]:
    query = select(Guard).where(Guard.planning_id == planning_id).order_by(Guard.id)
    return list((await session.scalars(query)).all())


async def add_group_with_line(session: AsyncSession) -> tuple[Group, int]:
    group = await add_group(session, volumes=(3, 2), people_each=12)
    referent = group.societies[1]
    site = await add_line(session, society_id=referent, readers=group.radiologists[referent])
    return group, site


def on_site(placements: list[Placement]) -> list[Placement]:
    return [each for each in placements if each.seat.line is GuardLine.ON_SITE]


@pytest.mark.asyncio
async def test_the_line_of_a_site_is_laid_out_beside_the_others_with_its_site_and_facts(
    session: AsyncSession,
) -> None:
    _, site = await add_group_with_line(session)

    rows = await list_guards(session, await add_planning(session))

    lines = [row for row in rows if row.line == "on_site"]
    assert len(lines) == 7
    assert {(row.segment_code, row.site_id, row.points) for row in lines} == {
        ("ultrasound", site, 700)
    }
    assert {row.seats_needed for row in lines} == {1}
    assert {row.site_id for row in rows if row.line != "on_site"} == {None}


@pytest.mark.asyncio
async def test_what_a_rule_asks_for_reaches_the_guards_of_the_group(
    session: AsyncSession,
) -> None:
    await add_group(session)
    rules = [
        replace(rule, points=1300, skills=frozenset({"neuro"}), least_societies=2)
        for rule in await segments.list_rules(session)
    ]
    await change_segments(session, rules, valid_from=MONDAY, actor=SYSTEM)

    rows = await list_guards(session, await add_planning(session))

    asked = {(row.line, row.points, tuple(row.skills), row.least_societies) for row in rows}
    assert asked == {("first", 1300, ("neuro",), 2), ("backup", 1300, (), 1)}


@pytest.mark.asyncio
async def test_seats_on_site_are_the_referents_and_no_volume_shares_them(
    session: AsyncSession,
) -> None:
    group, _ = await add_group_with_line(session)
    referent = group.societies[1]
    planning = await add_planning(session)
    draft = await add_draft(session, planning)

    own = on_site(await assignments.list_of_revision(session, draft))
    rows = (await session.scalars(select(Assignment).where(Assignment.revision_id == draft))).all()
    lanes = {row.seat_id: row.lane for row in rows}
    rights = select(Entitlement.line).where(Entitlement.revision_id == draft).distinct()

    assert len(own) == 7
    assert {each.society for each in own} == {referent}
    assert {each.radiologist for each in own} <= set(group.radiologists[referent])
    assert {each for each, lane in lanes.items() if lane} == {each.seat.id for each in own}
    assert set((await session.scalars(rights)).all()) == {"first", "backup"}
    found = await judge_revision(session, draft)
    assert [each for each in found if each.severity is not Severity.SOFT] == []

    await publish_draft(session, revision_id=draft, actor=SYSTEM, now=NOW)

    lines = select(LedgerEntry.line).where(LedgerEntry.planning_id == planning).distinct()
    shown = await load_sharing(session, planning_id=planning)
    assert set((await session.scalars(lines)).all()) == {"first", "backup"}
    assert not compare(export(shown.period, shown.sharing))


@dataclass(frozen=True, slots=True)
class Night:
    """Somebody without a seat, and three of one night: in two sites, and at a distance."""

    fresh: int
    here: Placement
    there: Placement
    afar: Placement


async def set_night(session: AsyncSession) -> Night:
    group, site = await add_group_with_line(session)
    referent = group.societies[1]
    own = group.radiologists[referent]
    other = await add_line(session, society_id=referent, readers=own, code="second")
    draft = await add_draft(session, await add_planning(session))
    await publish_draft(session, revision_id=draft, actor=SYSTEM, now=NOW)
    fresh = await add_radiologist(session, society_id=referent, site_ids=(site, other))
    in_force = await assignments.list_in_force(session)
    afar = next(
        each
        for each in in_force
        if each.seat.interval.start > NOW + timedelta(hours=12)
        and each.seat.segment == "deep_night"
        and (each.seat.line, each.seat.kind) == (GuardLine.FIRST, SeatKind.READER)
    )
    beside = {
        each.seat.site: each
        for each in on_site(in_force)
        if each.seat.interval.overlaps(afar.seat.interval)
    }
    return Night(fresh.id, beside[site], beside[other], afar)


async def give(session: AsyncSession, placement: Placement, *, to: int) -> None:
    await assign_seat(
        session,
        seat_id=placement.seat.id,
        radiologist_id=to,
        seen=placement.radiologist,
        actor=SYSTEM,
        now=NOW,
    )


@pytest.mark.asyncio
async def test_whoever_stands_in_a_site_may_read_afar_but_not_stand_in_two(
    session: AsyncSession,
) -> None:
    night = await set_night(session)

    await give(session, night.here, to=night.fresh)
    await give(session, night.afar, to=night.fresh)
    with pytest.raises(RadiologistBusy) as refused:
        await give(session, night.there, to=night.fresh)

    assert refused.value.clashes == ((night.fresh, night.there.seat.id, night.here.seat.id),)
    board = await on_call(session, night.afar.seat.interval.start)
    for line in (board.on_site, board.first_line):
        assert night.fresh in {each.reader.radiologist_id for each in line if each.reader}
    assert board.segments == ("deep_night",)


@pytest.mark.asyncio
async def test_whoever_stands_in_a_site_is_on_the_sheet_with_it(session: AsyncSession) -> None:
    night = await set_night(session)

    sheet = await lay_sheet(session, zone="Europe/Paris", language=SheetLanguage.ENGLISH, now=NOW)

    assert sheet is not None
    seats = [seat for guard in sheet.guards for seat in guard.seats]
    sites = {seat.site for seat in seats if seat.line is SheetLine.ON_SITE}
    assert sites == {
        (await session.get_one(Site, each.seat.site)).name for each in (night.here, night.there)
    }


@pytest.mark.asyncio
async def test_the_rules_of_a_line_do_not_change_under_its_guards(session: AsyncSession) -> None:
    await add_group_with_line(session)
    later = replace(ULTRASOUND, start=time(20))

    await add_planning(session)

    with pytest.raises(SegmentsInUse, match="laid out until 2026-11-23"):
        await change_segments(
            session, [later], valid_from=MONDAY, actor=SYSTEM, calendar="ultrasound"
        )
    await change_segments(
        session, [later], valid_from=date(2026, 11, 23), actor=SYSTEM, calendar="ultrasound"
    )


@pytest.mark.asyncio
async def test_two_calendars_of_a_site_with_one_guard_are_refused_by_name(
    session: AsyncSession,
) -> None:
    _, site = await add_group_with_line(session)
    new = NewCalendar("again", "Ultrasound", CalendarKind.ON_SITE, site_id=site)
    await put_calendar(session, new, actor=SYSTEM)
    await change_segments(
        session, [ULTRASOUND], valid_from=ULTRASOUND.valid_from, actor=SYSTEM, calendar="again"
    )

    with pytest.raises(Invalid, match=f"two calendars of site {site} have ultrasound from 2026"):
        await add_planning(session)


@pytest.mark.asyncio
async def test_a_site_that_is_disabled_has_no_line(session: AsyncSession) -> None:
    _, site = await add_group_with_line(session)
    (await session.get_one(Site, site)).disabled_at = NOW
    await session.flush()

    rows = await list_guards(session, await add_planning(session))

    assert {row.line for row in rows} == {"first", "backup"}
