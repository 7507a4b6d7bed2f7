"""From the database to a period that can be shared, with the account as it stood before."""

from collections.abc import Collection, Mapping, Sequence
from datetime import tzinfo
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from app.planning.domain.seats import KindOfSeat, Seat
from app.planning.domain.sharing.ledger import (
    balances_of_classes,
    balances_of_guards,
    balances_of_special_days,
    fold,
)
from app.planning.domain.sharing.period import Cession, Period, SharedSeat
from app.planning.domain.special_days import counted_since, find_occasion
from app.planning.repository import ledger, people, plannings
from app.planning.service.judging import find_zone

Key = TypeVar("Key")


async def lay_period(
    session: AsyncSession,
    *,
    planning_id: int,
    volumes: Mapping[int, int],
    seats: Sequence[Seat],
    holders: Mapping[int, int] | None = None,
    outside: Collection[int] = (),
    known_to: int | None = None,
) -> Period:
    """Lay out what the sharing of a planning depends on.

    Balances are those of all other plannings at its beginning, so that it can be shared again.
    Those take part who have a volume; `holders` keep their seats, whatever the sharing says. A
    cession of a kind that the period has not, or that would be given back in one, waits.
    Corrections since the revision `known_to` was published are left out.
    """
    shared = {seat.of for seat in seats if seat.id not in outside}
    zone = await find_zone(session)
    whole = people.to_interval((await plannings.find_planning(session, planning_id)).period)
    start = whole.start.astimezone(zone).date()
    agreed = await ledger.list_cessions(session, on=start)
    entries = await ledger.list_entries(
        session, before=start, without_planning=planning_id, known_to=known_to
    )
    folded = fold(entries)
    special = fold(entries, since=counted_since(start))
    members = await ledger.list_members(
        session, volumes=dict(volumes), until=whole.end.astimezone(zone).date()
    )
    return Period(
        start=start,
        members=members,
        seats=_lay_seats(seats, zone=zone, holders=holders or {}, outside=outside),
        balances=_drop_level(balances_of_guards(folded)),
        cessions=[each for each in agreed if _list_kinds(each) <= shared],
        special_balances=_drop_level(balances_of_special_days(special)),
        class_balances=_drop_level(balances_of_classes(folded)),
    )


def _lay_seats(
    seats: Sequence[Seat], *, zone: tzinfo, holders: Mapping[int, int], outside: Collection[int]
) -> list[SharedSeat]:
    return [
        lay_seat(seat, zone=zone, holder=holders.get(seat.id), is_outside=seat.id in outside)
        for seat in seats
    ]


def lay_seat(
    seat: Seat, *, zone: tzinfo, holder: int | None = None, is_outside: bool = False
) -> SharedSeat:
    """Make a seat of a period; it counts by the day on which its guard begins."""
    occasion = find_occasion(seat.guard, zone=zone)
    return SharedSeat(
        id=seat.id,
        of=seat.of,
        starts_at=seat.interval.start,
        on=seat.guard.start.astimezone(zone).date(),
        special=None if occasion is None else occasion.day.value,
        holder=holder,
        outside=is_outside,
    )


def _list_kinds(cession: Cession) -> set[KindOfSeat]:
    return {each for each in (cession.of, cession.returned) if each is not None}


def _drop_level(balances: Mapping[Key, int]) -> dict[Key, int]:
    """Leave out what is level: a society that has left, and was settled, is no stranger."""
    return {key: millionths for key, millionths in balances.items() if millionths}
