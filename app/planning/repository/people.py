"""Queries on those who hold seats: as rosters see them, and their names."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Radiologist, RadiologistSociety, Society
from app.kit.interval import Interval
from app.planning.domain.calendar import midnight_of
from app.planning.domain.roster.people import Membership, Reader, Wish, Work
from app.planning.domain.roster.profile import Profile
from app.planning.repository import reader_facts
from app.planning.repository.profiles import map_profiles
from app.planning.repository.ranges import to_interval, to_range

__all__ = ["list_readers", "name_radiologists", "name_societies", "to_interval", "to_range"]

_ALWAYS = datetime.min.replace(tzinfo=UTC)
_FULL_TIME = 1000
_INSTANT = timedelta(microseconds=1)


async def list_readers(
    session: AsyncSession,
    *,
    period: Interval,
    zone: tzinfo,
    ids: Collection[int] | None = None,
    sites_for: Interval | None = None,
    carried_to: datetime | None = None,
) -> list[Reader]:
    """List who may hold seats in a period, with what rosters must know of them, by id.

    Nobody who is disabled may. Past work, absences, sessions elsewhere and wishes are those that
    touch the period or stand before it; rules and working time are those of its first day.

    Parameters
    ----------
    zone, ids
        Where days of joining and leaving begin; only these radiologists.
    sites_for, carried_to
        Sites are those that they may read for throughout this stretch, else the period; points are
        what the last planning left that is over by then, else when the period begins.
    """
    rows = (await session.execute(_select_memberships(ids))).all()
    found = {row.radiologist_id: row for row in rows}
    facts = await _load_facts(
        session,
        set(found),
        period=period,
        sites_for=sites_for or period,
        carried_to=carried_to or period.start,
        zone=zone,
    )
    first = period.start.astimezone(zone).date()
    profiles = await map_profiles(session, {row.statute for row in rows}, on=first)
    groups = _group_memberships(rows, facts, zone=zone)
    return [
        _make_reader(row, facts, memberships=groups[number], profile=profiles[row.statute])
        for number, row in sorted(found.items())
    ]


def _group_memberships(
    rows: Iterable[Any], facts: "_Facts", *, zone: tzinfo
) -> dict[int, list[Membership]]:
    memberships: defaultdict[int, list[Membership]] = defaultdict(list)
    for row in rows:
        allowed = facts.authorisations.get(row.radiologist_id)
        memberships[row.radiologist_id] += _date_memberships(row, allowed=allowed, zone=zone)
    return memberships


def _make_reader(
    row: Any,  # noqa: ANN401 - a row of `_select_memberships`
    facts: "_Facts",
    *,
    memberships: Sequence[Membership],
    profile: Profile,
) -> Reader:
    number = row.radiologist_id
    return Reader(
        id=number,
        memberships=tuple(memberships),
        absences=tuple(facts.absences.get(number, ())),
        busy=tuple(facts.busy.get(number, ())),
        profile=profile,
        fte=facts.working_times.get(number, _FULL_TIME),
        skills=frozenset(row.sub_specialties),
        sites=facts.sites.get(number, frozenset()),
        wishes=tuple(facts.wishes.get(number, ())),
        incompatible=facts.incompatible.get(number, frozenset()),
        balance=facts.balances.get(number, 0),
        past=tuple(facts.past.get(number, ())),
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of radiologists, by id."""

    absences: Mapping[int, list[Interval]]
    busy: Mapping[int, list[Interval]]
    working_times: Mapping[int, int]
    sites: Mapping[int, frozenset[int]]
    wishes: Mapping[int, list[Wish]]
    incompatible: Mapping[int, frozenset[int]]
    balances: Mapping[int, int]
    past: Mapping[int, list[Work]]
    authorisations: Mapping[int, list[Range[date]]]


async def _load_facts(
    session: AsyncSession,
    ids: Collection[int],
    *,
    period: Interval,
    sites_for: Interval,
    carried_to: datetime,
    zone: tzinfo,
) -> _Facts:
    first = period.start.astimezone(zone).date()
    # A stretch that ends at midnight does not touch the day that begins then.
    last = (sites_for.end - _INSTANT).astimezone(zone).date()
    dates = Range(sites_for.start.astimezone(zone).date(), last, bounds="[]")
    return _Facts(
        absences=await reader_facts.map_absences(session, ids, period=period),
        busy=await reader_facts.map_busy(session, ids, period=period),
        working_times=await reader_facts.map_working_times(session, ids, on=first),
        sites=await reader_facts.map_sites(session, ids, dates=dates),
        wishes=await reader_facts.map_wishes(session, ids, period=period),
        incompatible=await reader_facts.map_incompatible(session, ids),
        balances=await reader_facts.map_balances(session, ids, before=carried_to),
        past=await reader_facts.map_past(session, ids, period=period),
        authorisations=await reader_facts.map_authorisations(session, ids),
    )


def _select_memberships(ids: Collection[int] | None) -> Select[*tuple[Any, ...]]:
    query = (
        select(
            RadiologistSociety.radiologist_id,
            RadiologistSociety.society_id,
            RadiologistSociety.valid,
            Radiologist.statute,
            Radiologist.sub_specialties,
        )
        .join(Radiologist, Radiologist.id == RadiologistSociety.radiologist_id)
        .where(Radiologist.disabled_at.is_(None))
        .order_by(RadiologistSociety.id)
    )
    return query if ids is None else query.where(Radiologist.id.in_(ids))


def _date_memberships(
    row: Any,  # noqa: ANN401 - a row of `_select_memberships`
    *,
    allowed: Collection[Range[date]] | None,
    zone: tzinfo,
) -> Iterator[Membership]:
    """Date a membership; of somebody from outside, by their authorisations too."""
    for valid in [None] if allowed is None else allowed:
        lowers = [each.lower for each in (row.valid, valid) if each and each.lower]
        uppers = [each.upper for each in (row.valid, valid) if each and each.upper]
        if lowers and uppers and max(lowers) >= min(uppers):
            continue
        yield Membership(
            society=row.society_id,
            start=midnight_of(max(lowers), zone=zone) if lowers else _ALWAYS,
            end=midnight_of(min(uppers), zone=zone) if uppers else None,
            outside=valid is not None,
        )


async def name_societies(session: AsyncSession, ids: Collection[int]) -> dict[int, str]:
    """Name societies."""
    query = select(Society.id, Society.name).where(Society.id.in_(ids))
    return {row.id: row.name for row in (await session.execute(query)).all()}


async def name_radiologists(session: AsyncSession, ids: Collection[int]) -> dict[int, str]:
    """Name radiologists as colleagues speak of them."""
    query = select(Radiologist.id, Radiologist.given_name, Radiologist.family_name).where(
        Radiologist.id.in_(ids)
    )
    return {
        row.id: f"Dr {row.given_name} {row.family_name}"
        for row in (await session.execute(query)).all()
    }
