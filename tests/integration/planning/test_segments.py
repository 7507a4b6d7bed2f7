"""Segments and the guards laid out by them, on a real database."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import SYSTEM
from app.kit.errors import Invalid
from app.planning.domain.calendars import CalendarKind
from app.planning.domain.errors import PlanningOverlaps, SegmentsDoNotFit, SegmentsInUse
from app.planning.domain.segments import (
    EVERY_DAY,
    DayKind,
    SeatsNeeded,
    SegmentRule,
    default_rules,
)
from app.planning.models import Guard
from app.planning.repository import plannings, segments
from app.planning.service.plannings import (
    Period,
    create_planning,
    find_free_period,
    find_planning_id,
    period_around,
)
from app.planning.service.segments import (
    CalendarFixed,
    CalendarUnknown,
    NewCalendar,
    change_segments,
    classify_instant,
    find_segment,
    lay_default_segments,
    put_calendar,
)
from tests.factories.planning import MONDAY, NOW, PARIS, add_planning

SINCE = date(2025, 1, 6)
CHANGE = date(2027, 1, 4)


def two_halves(valid_from: date = CHANGE) -> list[SegmentRule]:
    cuts = (("day", time(0), time(12)), ("night", time(12), time(0)))
    return [
        SegmentRule(
            segment=name, days=EVERY_DAY, start=start, end=end, zone=PARIS, valid_from=valid_from
        )
        for name, start, end in cuts
    ]


async def lay(session: AsyncSession) -> None:
    assert await lay_default_segments(session, zone=PARIS, valid_from=SINCE)


@pytest.mark.asyncio
async def test_the_usual_segments_are_laid_once(session: AsyncSession) -> None:
    await lay(session)

    assert not await lay_default_segments(session, zone=PARIS, valid_from=SINCE)
    assert set(await segments.list_rules(session)) == set(
        default_rules(zone=PARIS, valid_from=SINCE)
    )


@pytest.mark.asyncio
async def test_a_new_set_of_rules_takes_over_on_its_date(session: AsyncSession) -> None:
    await lay(session)

    await change_segments(session, two_halves(valid_from=SINCE), valid_from=CHANGE, actor=SYSTEM)

    rules = await segments.list_rules(session)
    assert [rule.valid_until for rule in rules] == [CHANGE] * 4 + [None] * 2
    assert [rule.valid_from for rule in rules] == [SINCE] * 4 + [CHANGE] * 2
    last_night = datetime(2027, 1, 3, 22, tzinfo=UTC)
    assert await find_segment(session, at=last_night) == "weekend"
    assert await find_segment(session, at=last_night + timedelta(hours=1)) == "day"


@pytest.mark.asyncio
async def test_a_change_to_come_can_be_replaced(session: AsyncSession) -> None:
    await lay(session)
    await change_segments(session, two_halves(), valid_from=CHANGE, actor=SYSTEM)

    earlier = CHANGE - timedelta(days=7)
    await change_segments(session, two_halves(), valid_from=earlier, actor=SYSTEM)

    assert [rule.valid_from for rule in await segments.list_rules(session)] == [SINCE] * 4 + [
        earlier
    ] * 2


@pytest.mark.asyncio
async def test_rules_that_leave_a_hole_are_refused_naming_the_instant(
    session: AsyncSession,
) -> None:
    await lay(session)
    late = [replace(rule, start=time(0, 30)) for rule in two_halves()[:1]]

    with pytest.raises(SegmentsDoNotFit, match="no segment covers 2027-01-03T23:00:00"):
        await change_segments(session, late + two_halves()[1:], valid_from=CHANGE, actor=SYSTEM)
    assert len(await segments.list_rules(session)) == 4


@pytest.mark.asyncio
async def test_rules_cannot_change_under_guards_that_are_laid_out(session: AsyncSession) -> None:
    await lay(session)
    await add_planning(session)

    with pytest.raises(SegmentsInUse, match="until 2026-11-23"):
        await change_segments(session, two_halves(), valid_from=date(2026, 11, 22), actor=SYSTEM)
    await change_segments(session, two_halves(), valid_from=date(2026, 11, 23), actor=SYSTEM)


@pytest.mark.asyncio
async def test_an_instant_before_all_rules_has_no_segment(session: AsyncSession) -> None:
    assert await find_segment(session, at=NOW) is None
    await lay(session)

    assert await find_segment(session, at=datetime(2024, 1, 1, tzinfo=UTC)) is None
    assert await find_segment(session, at=NOW) == "evening"


@pytest.mark.asyncio
async def test_holidays_of_france_have_the_weekend(session: AsyncSession) -> None:
    await lay(session)
    christmas = datetime(2026, 12, 25, 10, tzinfo=UTC)  # a Friday

    assert await find_segment(session, at=christmas) == "weekend"
    assert await find_segment(session, at=christmas - timedelta(days=1)) == "day"


@pytest.mark.asyncio
async def test_a_period_is_laid_out_with_all_its_seats(session: AsyncSession) -> None:
    await lay(session)
    needs = {"evening": SeatsNeeded(readers=3, backups=0, coordinators=2)}

    planning_id = await create_planning(
        session, Period(MONDAY, MONDAY + timedelta(days=7)), actor=SYSTEM, now=NOW, needs=needs
    )

    guards = (await session.scalars(select(Guard).where(Guard.planning_id == planning_id))).all()
    assert Counter((each.segment_code, each.line) for each in guards) == {
        ("day", "first"): 5,
        ("day", "backup"): 5,
        ("evening", "first"): 5,
        ("deep_night", "first"): 7,
        ("deep_night", "backup"): 7,
        ("weekend", "first"): 2,
        ("weekend", "backup"): 2,
    }
    seats = await plannings.list_seats(session, planning_id=planning_id)
    assert Counter(each.segment for each in seats) == {
        "day": 5 * 4,
        "evening": 5 * 5,
        "deep_night": 7 * 4,
        "weekend": 2 * 6,
    }
    assert seats[0].interval.start == datetime(2026, 11, 15, 23, tzinfo=UTC)
    assert seats[-1].interval.end == datetime(2026, 11, 22, 23, tzinfo=UTC)
    assert all(each.interval == each.guard for each in seats)


@pytest.mark.asyncio
async def test_plannings_do_not_share_a_day_or_a_name(session: AsyncSession) -> None:
    await lay(session)
    await add_planning(session)
    later = MONDAY + timedelta(days=7)

    with pytest.raises(PlanningOverlaps, match="choose a free period"):
        await create_planning(
            session, Period(later - timedelta(days=1), later), actor=SYSTEM, now=NOW
        )
    named = Period(MONDAY, later).name
    with pytest.raises(PlanningOverlaps, match=named):
        await create_planning(
            session, Period(later, later + timedelta(days=7)), actor=SYSTEM, now=NOW, name=named
        )
    assert await add_planning(session, first=later)


@pytest.mark.asyncio
async def test_a_period_that_cannot_be_planned_is_refused(session: AsyncSession) -> None:
    with pytest.raises(SegmentsDoNotFit, match="none is valid on 2026-11-16"):
        await add_planning(session)
    await lay(session)

    for days in (0, -7, 401):
        with pytest.raises(Invalid, match="lasts 1 to 400 days"):
            await create_planning(
                session, Period(MONDAY, MONDAY + timedelta(days=days)), actor=SYSTEM, now=NOW
            )
    with pytest.raises(Invalid, match="no guard of noon begins"):
        await create_planning(
            session,
            Period(MONDAY, MONDAY + timedelta(days=7)),
            actor=SYSTEM,
            now=NOW,
            needs={"noon": SeatsNeeded()},
        )


@pytest.mark.asyncio
async def test_the_next_free_period_is_around_now_then_behind_the_planned(
    session: AsyncSession,
) -> None:
    await lay(session)
    today = date(2026, 11, 20)
    around = period_around(today)
    assert around == Period(date(2026, 11, 9), date(2026, 12, 7))

    assert await find_free_period(session, today=today, zone=PARIS) == around
    planning_id = await create_planning(session, around, actor=SYSTEM, now=NOW)

    following = await find_free_period(session, today=today, zone=PARIS)
    assert following == Period(date(2026, 12, 7), date(2027, 1, 4))
    assert await find_planning_id(session, around) == planning_id
    assert await find_planning_id(session, following) is None
    much_later = date(2027, 3, 1)
    assert await find_free_period(session, today=much_later, zone=PARIS) == period_around(
        much_later
    )


def hours(*starts: int, code: str = "night") -> list[SegmentRule]:
    return [
        SegmentRule(code, EVERY_DAY, time(start), time(8), zone=PARIS, valid_from=CHANGE)
        for start in starts
    ]


@pytest.mark.asyncio
async def test_the_usual_hours_are_laid_beside_the_segments(session: AsyncSession) -> None:
    await lay(session)
    sunday_night = datetime(2026, 11, 22, 21, tzinfo=UTC)

    found = await classify_instant(session, at=sunday_night)

    assert found == {"gcs": ("weekend",), "pdses": ("night",), "billing": ("night", "rest_day")}
    codes = {row.code: (row.kind, row.bridges) for row in await segments.list_calendars(session)}
    assert codes == {
        "gcs": ("guard", False),
        "pdses": ("hours", False),
        "billing": ("hours", False),
    }


@pytest.mark.asyncio
async def test_hours_change_without_touching_the_guards(session: AsyncSession) -> None:
    await lay(session)
    await add_planning(session)
    before = await segments.list_rules(session)

    # Guards are laid out beyond this date: that binds segments, not hours.
    await change_segments(
        session, hours(21), valid_from=date(2026, 11, 17), actor=SYSTEM, calendar="billing"
    )

    evening = datetime(2026, 11, 17, 19, 30, tzinfo=UTC)
    assert (await classify_instant(session, at=evening))["billing"] == ()
    assert (await classify_instant(session, at=evening))["pdses"] == ("night",)
    assert await segments.list_rules(session) == before
    with pytest.raises(SegmentsDoNotFit, match="night and night both cover"):
        await change_segments(
            session, hours(21, 22), valid_from=CHANGE, actor=SYSTEM, calendar="billing"
        )
    with pytest.raises(CalendarUnknown, match="no calendar moon"):
        await change_segments(session, [], valid_from=CHANGE, actor=SYSTEM, calendar="moon")


@pytest.mark.asyncio
async def test_hours_may_end_and_segments_may_not(session: AsyncSession) -> None:
    await lay(session)

    await change_segments(session, [], valid_from=CHANGE, actor=SYSTEM, calendar="pdses")

    after = datetime(2027, 2, 1, 22, tzinfo=UTC)
    assert (await classify_instant(session, at=after))["pdses"] == ()
    with pytest.raises(SegmentsDoNotFit, match="no segment covers 2027-01-03T23:00:00"):
        await change_segments(session, [], valid_from=CHANGE, actor=SYSTEM)


@pytest.mark.asyncio
async def test_bridge_days_are_laid_out_where_the_rules_name_them(session: AsyncSession) -> None:
    rules = [
        replace(rule, days=rule.days | {DayKind.BRIDGE}) if DayKind.HOLIDAY in rule.days else rule
        for rule in default_rules(zone=PARIS, valid_from=SINCE)
    ]
    await change_segments(session, rules, valid_from=SINCE, actor=SYSTEM)
    friday_after_ascension = datetime(2026, 5, 15, 10, tzinfo=UTC)

    assert await find_segment(session, at=friday_after_ascension) == "weekend"
    assert await find_segment(session, at=friday_after_ascension + timedelta(days=7)) == "day"
    guards = await segments.find_calendar(session, "gcs")
    assert guards is not None
    assert guards.bridges


@pytest.mark.asyncio
async def test_alsace_and_moselle_have_their_own_holidays(session: AsyncSession) -> None:
    await lay(session)
    good_friday = datetime(2026, 4, 3, 10, tzinfo=UTC)
    assert await find_segment(session, at=good_friday) == "day"

    new = NewCalendar("gcs", "Guards", CalendarKind.GUARD, alsace_moselle=True)
    await put_calendar(session, new, actor=SYSTEM)

    assert await find_segment(session, at=good_friday) == "weekend"
    assert (await classify_instant(session, at=good_friday))["billing"] == ()
    easter = Period(date(2026, 3, 30), date(2026, 4, 6))
    planning_id = await create_planning(session, easter, actor=SYSTEM, now=NOW)
    seats = await plannings.list_seats(session, planning_id=planning_id)
    assert "weekend" in {seat.segment for seat in seats if seat.interval.contains(good_friday)}


@pytest.mark.asyncio
async def test_a_calendar_keeps_its_kind_and_there_is_one_of_guards(session: AsyncSession) -> None:
    await lay(session)

    with pytest.raises(CalendarFixed, match="is of kind hours"):
        await put_calendar(session, NewCalendar("billing", "x", CalendarKind.GUARD), actor=SYSTEM)
    with pytest.raises(CalendarFixed, match="no second one"):
        await put_calendar(session, NewCalendar("other", "x", CalendarKind.GUARD), actor=SYSTEM)
    on_site = NewCalendar("echo", "Ultrasound", CalendarKind.ON_SITE, site_id=10**9)
    with pytest.raises(CalendarUnknown, match="no site"):
        await put_calendar(session, on_site, actor=SYSTEM)
    renamed = await put_calendar(
        session, NewCalendar("billing", "Facturation", CalendarKind.HOURS), actor=SYSTEM
    )
    assert renamed.name == "Facturation"


@pytest.mark.asyncio
async def test_what_a_segment_asks_of_people_is_kept(session: AsyncSession) -> None:
    rules = [
        replace(rule, points=1_500, skills=frozenset({"neuro"}), least_societies=2)
        for rule in two_halves(SINCE)
    ]

    await change_segments(session, rules, valid_from=SINCE, actor=SYSTEM)

    assert set(await segments.list_rules(session)) == set(rules)
