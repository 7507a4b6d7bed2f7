"""What rosters and judges know of those who hold seats."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import RadiologistSite
from app.kit.interval import Interval
from app.planning.domain.roster.people import Membership, Reader, Wish, WishKind, Work
from app.planning.domain.roster.profile import HOSPITAL, LIBERAL, Profile, Rule
from app.planning.models import (
    Authorisation,
    BusySession,
    Incompatibility,
    LastAct,
    Planning,
    PointBalance,
    RadiologistWish,
    WorkingTime,
)
from app.planning.repository import assignments
from app.planning.repository.people import list_readers
from app.planning.repository.profiles import put_profile, read_profile, write_rules
from tests.factories.directory import add_radiologist, add_site, add_society
from tests.factories.planning import NOW, PARIS, add_group, add_published

START = datetime(2027, 1, 10, 23, 0, tzinfo=UTC)
"""Midnight in Paris, of the 11th."""
PERIOD = Interval(START, START + timedelta(days=14))


async def read(session: AsyncSession, radiologist: int, period: Interval = PERIOD) -> Reader:
    (found,) = await list_readers(session, period=period, zone=PARIS, ids=[radiologist])
    return found


@pytest.mark.asyncio
async def test_a_reader_is_known_with_all_that_rosters_must_know(session: AsyncSession) -> None:
    society = await add_society(session)
    one = await add_radiologist(session, society_id=society.id)
    one.sub_specialties, one.statute = ["neuro"], "hospital"
    other = await add_radiologist(session, society_id=society.id)
    session.add_all(
        [
            BusySession(
                radiologist_id=one.id,
                period=Range(START, START + timedelta(hours=4)),
                source="his",
                uid="a",
                imported_at=NOW,
            ),
            RadiologistWish(
                radiologist_id=one.id,
                kind="avoid",
                period=Range(START, START + timedelta(days=1)),
                weight=3,
                created_at=NOW,
            ),
            WorkingTime(radiologist_id=one.id, valid=Range(date(2027, 1, 1), None), fte=600),
            Incompatibility(one_id=min(one.id, other.id), other_id=max(one.id, other.id)),
        ]
    )
    await session.flush()

    found = await read(session, one.id)

    assert found.skills == {"neuro"}
    assert found.profile == HOSPITAL
    assert found.fte == 600
    assert found.incompatible == {other.id}
    assert found.busy == (Interval(START, START + timedelta(hours=4)),)
    assert found.wishes == (
        Wish(WishKind.AVOID, Interval(START, START + timedelta(days=1)), weight=3),
    )
    night_before = Interval(START - timedelta(hours=12), START - timedelta(hours=4))
    assert (await read(session, one.id, night_before)).busy == found.busy
    assert (await read(session, other.id)).incompatible == {one.id}


@pytest.mark.asyncio
async def test_of_whom_nothing_is_said_everybodys_rules_hold(session: AsyncSession) -> None:
    society = await add_society(session)
    other = await add_radiologist(session, society_id=society.id)

    plain = await read(session, other.id)
    assert (plain.profile, plain.fte, plain.busy, plain.wishes) == (LIBERAL, 1000, (), ())
    assert plain.incompatible == frozenset()


@pytest.mark.asyncio
async def test_sites_are_those_that_they_may_read_for_throughout(session: AsyncSession) -> None:
    society = await add_society(session)
    one = await add_radiologist(session, society_id=society.id)
    whole, ends, begins = [await add_site(session, society_id=society.id) for _ in range(3)]
    session.add_all(
        [
            RadiologistSite(radiologist_id=one.id, site_id=site.id, valid=Range(first, last))
            for site, first, last in (
                (whole, date(2027, 1, 11), date(2027, 1, 25)),
                (ends, None, date(2027, 1, 24)),
                (begins, date(2027, 1, 12), None),
            )
        ]
    )
    await session.flush()

    assert (await read(session, one.id)).sites == frozenset({whole.id})
    first_day = Interval(START, START + timedelta(days=1))
    assert (await read(session, one.id, first_day)).sites == frozenset({whole.id, ends.id})


@pytest.mark.asyncio
async def test_somebody_from_outside_may_hold_seats_within_their_authorisations(
    session: AsyncSession,
) -> None:
    society = await add_society(session)
    one = await add_radiologist(session, society_id=society.id)
    session.add_all(
        [
            Authorisation(
                radiologist_id=one.id,
                valid=Range(first, last),
                kind="hospital",
                reference="2026-14",
                written_at=NOW,
            )
            for first, last in (
                (date(2026, 1, 1), date(2027, 1, 13)),
                (date(2027, 2, 1), None),
                (date(1990, 1, 1), date(1990, 2, 1)),
            )
        ]
    )
    await session.flush()

    memberships = (await read(session, one.id)).memberships

    assert all(each.outside and each.society == society.id for each in memberships)
    until, since = memberships[0].end, memberships[1].start
    assert until == datetime(2027, 1, 12, 23, tzinfo=UTC)
    assert (since, memberships[1].end) == (datetime(2027, 1, 31, 23, tzinfo=UTC), None)


@pytest.mark.asyncio
async def test_a_member_is_no_outsider(session: AsyncSession) -> None:
    society = await add_society(session)
    one = await add_radiologist(session, society_id=society.id)

    (membership,) = (await read(session, one.id)).memberships

    assert isinstance(membership, Membership)
    assert not membership.outside


@pytest.mark.asyncio
async def test_past_work_is_what_was_in_force_before_with_its_last_act(
    session: AsyncSession,
) -> None:
    await add_group(session)
    event = await add_published(session)
    held = [
        each
        for each in await assignments.list_of_revision(session, event.revision_id)
        if each.radiologist is not None
    ]
    first = held[0]
    acted_at = first.seat.interval.end - timedelta(hours=1)
    session.add(
        LastAct(
            seat_id=first.seat.id,
            radiologist_id=first.radiologist,
            acted_at=acted_at,
            written_at=NOW,
        )
    )
    await session.flush()
    own = [each.seat.interval for each in held if each.radiologist == first.radiologist]
    end = max(each.end for each in own)

    after = Interval(end, end + timedelta(days=1))
    past = (await read(session, first.radiologist or 0, after)).past
    assert past == (
        Work(own[0], last_act=acted_at),
        *(Work(each) for each in own[1:]),
    )
    # Of the period itself only what was done last is told.
    during = Interval(own[0].start, end)
    assert (await read(session, first.radiologist or 0, during)).past == past[:1]
    long_after = Interval(end + timedelta(weeks=17), end + timedelta(weeks=18))
    assert (await read(session, first.radiologist or 0, long_after)).past == ()


@pytest.mark.asyncio
async def test_points_are_carried_from_the_last_planning_that_is_over(
    session: AsyncSession,
) -> None:
    society = await add_society(session)
    one = await add_radiologist(session, society_id=society.id)
    for weeks, done in ((8, 5000), (4, 3000)):
        planning = Planning(
            name=f"{weeks} weeks before",
            period=Range(START - timedelta(weeks=weeks), START - timedelta(weeks=weeks - 4)),
            created_at=NOW,
        )
        session.add(planning)
        await session.flush()
        session.add(
            PointBalance(
                planning_id=planning.id,
                radiologist_id=one.id,
                counter="points",
                done=done,
                owed=2500,
                written_at=NOW,
            )
        )
    await session.flush()

    assert (await read(session, one.id)).balance == 500


@pytest.mark.asyncio
async def test_the_rules_of_a_statute_hold_from_their_date(session: AsyncSession) -> None:
    society = await add_society(session)
    one = await add_radiologist(session, society_id=society.id)
    one.statute = "night owl"
    lenient = Profile("night owl", most_consecutive_nights=None, soft=frozenset({Rule.ABSENCE}))
    for profile, since in (
        (Profile("night owl"), date(2026, 1, 1)),
        (replace(lenient, rest=timedelta(hours=9)), date(2027, 1, 11)),
        (lenient, date(2027, 1, 11)),
        (Profile("night owl", rest=timedelta(hours=20)), date(2027, 1, 12)),
    ):
        await put_profile(session, profile, valid_from=since, written_by=None, now=NOW)

    assert (await read(session, one.id)).profile == lenient


def test_rules_survive_being_kept_and_say_which_name_is_none() -> None:
    for profile in (LIBERAL, HOSPITAL):
        assert read_profile(profile.statute, write_rules(profile)) == profile
    assert write_rules(HOSPITAL)["rest"] == 660
    with pytest.raises(ValueError, match="knows no naps"):
        read_profile("odd", {"naps": 3})
