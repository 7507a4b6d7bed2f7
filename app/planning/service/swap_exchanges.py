"""What a swap does to the planning: looked at before it is agreed, then published."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor
from app.kit.errors import Invalid
from app.kit.interval import Interval
from app.planning.domain.errors import NoSuchPlanning, RulesBroken, SeatChanged
from app.planning.domain.revisions import RevisionKind
from app.planning.domain.roster.profile import Rule
from app.planning.domain.seats import Placement
from app.planning.domain.swaps import Terms, exchange, judge_exchange, refuse_begun
from app.planning.domain.validator import Severity, Violation
from app.planning.events import PlanningPublished
from app.planning.repository import assignments, people
from app.planning.repository.plannings import find_seat
from app.planning.repository.reader_facts import LOOKED_BACK
from app.planning.repository.swaps import Move
from app.planning.service.judging import find_zone
from app.planning.service.publishing import hold_publications, publish_change

_NEIGHBOURS = timedelta(days=2)


async def find_exchange(
    session: AsyncSession, terms: Terms, *, taker: int | None, now: datetime
) -> list[Placement]:
    """Find the seats of a swap as they are held now: the one given, then the one that comes back.

    Parameters
    ----------
    taker
        Who would hold the seat; absent: nobody knows yet.

    Raises
    ------
    NoSuchPlanning
        If a seat is not published.
    SeatChanged
        If somebody else holds one of them meanwhile.
    SwapTooLate
        If one of them has begun.
    """
    held = [await _find_held(session, terms.seat)]
    _require_holder(held[0], terms.giver)
    if terms.counter_seat is not None:
        held.append(await _find_held(session, terms.counter_seat))
        _require_holder(held[1], taker)
    refuse_begun(held, now=now)
    return held


async def _find_held(session: AsyncSession, seat_id: int) -> Placement:
    found = await assignments.list_in_force_of(session, seat_ids=[seat_id])
    if not found:
        raise NoSuchPlanning(f"seat {seat_id} is not published: there is nobody to swap it")
    return found[0]


def _require_holder(held: Placement, radiologist: int | None) -> None:
    if held.radiologist != radiologist:
        raise SeatChanged(seat_id=held.seat.id, radiologist_id=held.radiologist)


def make_exchange(held: Sequence[Placement], *, taker: int) -> tuple[Placement, ...]:
    """Put taker and giver on each other's seats.

    Raises
    ------
    Invalid
        If giver and taker are one.
    """
    if held[0].radiologist == taker:
        raise Invalid(f"radiologist {taker} holds seat {held[0].seat.id} already")
    return exchange(held[0], held[1] if len(held) > 1 else None, taker=taker)


async def judge_swap(
    session: AsyncSession, held: Sequence[Placement], *, taker: int
) -> list[Violation]:
    """Find what a swap would break on both sides that is not broken now."""
    intervals = [each.seat.interval for each in held]
    around = Interval(
        min(each.start for each in intervals) - LOOKED_BACK,
        max(each.end for each in intervals) + LOOKED_BACK,
    )
    ids = {taker, *(each.radiologist for each in held if each.radiologist is not None)}
    in_force = {
        each.seat.id: each
        for each in (
            *held,
            *await assignments.list_in_force(session, period=around, ids=ids),
        )
    }
    zone = await find_zone(session)
    near = Interval(
        min(each.start for each in intervals) - _NEIGHBOURS,
        max(each.end for each in intervals) + _NEIGHBOURS,
    )
    return judge_exchange(
        make_exchange(held, taker=taker),
        in_force=list(in_force.values()),
        readers=await people.list_readers(
            session, period=around, zone=zone, ids=ids, sites_for=near
        ),
        zone=zone,
    )


async def hold_seats(
    session: AsyncSession, seat_ids: Collection[int]
) -> tuple[dict[int, int], timedelta]:
    """Let nobody else publish in the plannings of these seats.

    Returns
    -------
    tuple
        The planning of each, and how long another one published: an instant read before is so
        much older now.
    """
    found = {seat: (await find_seat(session, seat))[1] for seat in sorted(seat_ids)}
    waits = [await hold_publications(session, each) for each in sorted(set(found.values()))]
    return found, sum(waits, timedelta(0))


def refuse_broken(found: Collection[Violation], *, may_be_accepted: bool) -> None:
    """Refuse a swap that breaks what nobody may accept, or nobody will be asked to.

    Raises
    ------
    RulesBroken
        Naming what is broken; soft rules refuse nothing.
    """
    refused = {Severity.IMPOSSIBLE} if may_be_accepted else {Severity.IMPOSSIBLE, Severity.HARD}
    if broken := [each for each in found if each.severity in refused]:
        raise RulesBroken(broken)


async def publish_exchange(
    session: AsyncSession,
    exchanged: Sequence[Placement],
    *,
    plannings: Mapping[int, int],
    move: Move,
    actor: Actor,
    accepted: Collection[Rule] = (),
) -> list[PlanningPublished]:
    """Publish what is exchanged: one small revision for each planning that has a seat of it.

    Raises
    ------
    RulesBroken, RadiologistBusy, Invalid
        As `publish_change`.
    """
    return [
        await publish_change(
            session,
            planning_id=planning,
            placements=[each for each in exchanged if plannings[each.seat.id] == planning],
            kind=RevisionKind.SWAP,
            actor=actor,
            now=move.at,
            reason=move.reason,
            accepted=accepted,
        )
        for planning in sorted({plannings[each.seat.id] for each in exchanged})
    ]
