"""What a radiologist's own page needs, read for whoever may see it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from app.directory.domain import Permission, PermissionDenied, scope_of
from app.kit.interval import Interval
from app.planning.domain.absences import AbsenceKind
from app.planning.domain.last_act import LATEST_AFTER
from app.planning.domain.roster.people import WishKind
from app.planning.domain.swap_rules import SwapRules
from app.planning.domain.swaps import OPEN
from app.planning.models import CalendarFeed, Swap
from app.planning.repository import absences, assignments, last_acts, names, swaps, wishes
from app.planning.repository.people import name_radiologists
from app.planning.repository.ranges import to_interval
from app.planning.repository.swap_lists import list_settled
from app.planning.repository.swap_rules import find_rules
from app.planning.service import agendas
from app.planning.service.absences import AbsenceUnknown, may_write
from app.planning.service.oneself import beyond_oneself, may_for
from app.web.pages.door import Visit
from app.web.pages.mine_view import (
    AHEAD,
    LATELY,
    RESTED,
    AbsenceShown,
    BegunShown,
    MinePage,
    SwapShown,
    WishShown,
    find_actions,
    list_to_come,
    show_seats,
    show_swaps,
)

_MOST = 500


@dataclass(frozen=True, slots=True)
class Person:
    """Whose page it is.

    Parameters
    ----------
    on_behalf_of
        The id again, where somebody else looks.
    """

    id: int
    society: int | None
    on_behalf_of: int | None


async def find_person(guest: Visit, of: int | None) -> Person:
    """Find whose page is wanted: one's own, or that of somebody for whom one may swap.

    Raises
    ------
    PermissionDenied
        If it is nobody's, or the page of somebody for whom one may not speak.
    AbsenceUnknown
        If there is no such radiologist.
    """
    actor = guest.work.actor
    wanted = of or actor.radiologist_id
    if wanted is None:
        raise PermissionDenied(Permission.SWAP_WRITE)
    if not await absences.exists_radiologist(guest.session, wanted):
        raise AbsenceUnknown(f"there is no radiologist {wanted}")
    found = await absences.map_societies(guest.session, [wanted], on=guest.work.today)
    society = found.get(wanted)
    if not may_for(actor, Permission.SWAP_WRITE, radiologist_id=wanted, society_id=society):
        raise PermissionDenied(Permission.SWAP_WRITE)
    return Person(wanted, society, None if wanted == actor.radiologist_id else wanted)


async def load_mine(guest: Visit, person: Person) -> MinePage:
    """Read the page of a radiologist."""
    offered, offering, lately = await _load_swaps(guest, person)
    open_ids = {each.seat.id for each in offering}
    seats = [
        replace(each, is_offered=each.id in open_ids)
        for each in await list_to_come(guest, person.id)
    ]
    tells = may_write(guest.work.actor, radiologist_id=person.id, society_id=person.society)
    named = await name_radiologists(guest.session, [person.id])
    return MinePage(
        person_id=person.id,
        name=named[person.id],
        is_oneself=person.on_behalf_of is None,
        tells_absences=tells,
        seats=seats,
        offered=offered,
        offering=offering,
        lately=lately,
        begun=await _load_begun(guest, person) if tells else (),
        absences=await _load_absences(guest, person) if tells else (),
        wishes=await _load_wishes(guest, person) if tells else (),
        feeds=await _load_feeds(guest, person),
        people=[
            f"{each.family_name} {each.given_name}"
            for each in await names.list_named(guest.session)
            if each.id != person.id
        ],
        swap_rules=(
            SwapRules()
            if person.society is None
            else await find_rules(guest.session, person.society)
        ),
    )


async def _load_swaps(
    guest: Visit, person: Person
) -> tuple[list[SwapShown], list[SwapShown], list[SwapShown]]:
    """Read what is offered to somebody, what they offer, and what came to rest lately."""
    own = await swaps.list_swaps(guest.session, limit=_MOST, states=OPEN, radiologist_id=person.id)
    rows = {each.id: each for each in own}
    if person.society is not None:
        of_society = await swaps.list_swaps(
            guest.session, limit=_MOST, states=OPEN, society_id=person.society
        )
        # What one of them has taken already is open to nobody else.
        free = (each for each in of_society if each.addressed_id is None and each.taker_id is None)
        rows |= {each.id: each for each in free}
    settled = await list_settled(
        guest.session,
        since=guest.work.now - LATELY,
        limit=_MOST,
        radiologist_id=person.id,
    )
    shown = await _add_actions(guest, list(rows.values()), person=person)
    return (
        [each for each in shown if each.giver_id != person.id and not each.has_begun],
        [each for each in shown if each.giver_id == person.id],
        await show_swaps(guest, settled),
    )


async def _add_actions(guest: Visit, rows: Sequence[Swap], *, person: Person) -> list[SwapShown]:
    societies: Collection[int] = () if person.society is None else (person.society,)
    shown = await show_swaps(guest, rows)
    with_actions = [
        replace(each, actions=find_actions(row, person.id, societies=frozenset(societies)))
        if not each.has_begun
        else each
        for each, row in zip(shown, rows, strict=True)
    ]
    return sorted(with_actions, key=lambda each: (each.seat.interval.start, each.id))


async def _load_begun(guest: Visit, person: Person) -> list[BegunShown]:
    """Read the seats of the last days, the latest first, with what was told of them."""
    now = guest.work.now
    held = await assignments.list_in_force(
        guest.session, period=Interval(now - RESTED, now), ids=[person.id]
    )
    told = await last_acts.map_last_acts(
        guest.session, radiologist_id=person.id, seat_ids=[each.seat.id for each in held]
    )
    return [
        BegunShown(
            seat=each,
            acted_at=told.get(each.id),
            latest=min(now, each.interval.end + LATEST_AFTER),
        )
        for each in reversed(await show_seats(guest, held))
    ]


def _to_come(guest: Visit) -> Interval:
    return Interval(guest.work.now, guest.work.now + AHEAD)


async def _load_absences(guest: Visit, person: Person) -> list[AbsenceShown]:
    rows = await absences.list_absences(
        guest.session, limit=_MOST, period=_to_come(guest), radiologist_id=person.id
    )
    clashes = await absences.map_clashes(guest.session, [each.id for each in rows])
    shown = (
        AbsenceShown(
            id=row.id,
            period=to_interval(row.period),
            kind=AbsenceKind(row.kind),
            reason=row.reason,
            clashes=len(clashes.get(row.id, ())),
        )
        for row in rows
    )
    return sorted(shown, key=lambda each: (each.period, each.id))


async def _load_wishes(guest: Visit, person: Person) -> list[WishShown]:
    actor = guest.work.actor
    rows = await wishes.list_wishes(
        guest.session,
        limit=_MOST,
        scope=scope_of(beyond_oneself(actor), Permission.ABSENCE_WRITE),
        own=actor.radiologist_id,
        period=_to_come(guest),
        radiologist_id=person.id,
    )
    shown = (
        WishShown(
            id=row.id,
            kind=WishKind(row.kind),
            period=to_interval(row.period),
            weight=row.weight,
        )
        for row in rows
    )
    return sorted(shown, key=lambda each: (each.period, each.id))


async def _load_feeds(guest: Visit, person: Person) -> list[CalendarFeed]:
    found = await agendas.list_feeds(guest.session, actor=guest.work.actor)
    return [each for each in found if each.radiologist_id == person.id]
