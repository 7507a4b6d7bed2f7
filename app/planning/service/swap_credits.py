"""The account between societies follows swaps, by the credit rule of each."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.interval import Interval
from app.planning.domain.roster.people import Reader
from app.planning.domain.seats import AssignmentReason, Placement
from app.planning.domain.sharing.ledger import Entry, EntryKind, Posting
from app.planning.domain.sharing.postings import CreditRule
from app.planning.domain.standing import find_missing
from app.planning.domain.swap_credit import find_credited, post_credit
from app.planning.events import PlanningPublished
from app.planning.models import Swap
from app.planning.repository import ledger, people
from app.planning.repository.ledger import Source
from app.planning.service.judging import find_zone
from app.planning.service.ledger_periods import lay_seat


async def post_credits(
    session: AsyncSession,
    swap: Swap,
    *,
    before: Sequence[Placement],
    after: Sequence[Placement],
    published: Mapping[int, PlanningPublished],
    written_by: int | None,
) -> None:
    """Let the account follow seats that a swap has just given to others.

    By the rule `giver` the credit stays where it was, by `taker` it goes to the society of who
    holds the seat now. No account: an opened seat, a planning without a published sharing.

    Parameters
    ----------
    before, after
        The same seats in one order.
    published
        What put each in force, by seat.
    """
    readers = await _list_holders(session, (*before, *after))
    posted = await ledger.list_of_seats(session, [each.seat.id for each in after])
    zone = await find_zone(session)
    for was, becomes in zip(before, after, strict=True):
        event = published[becomes.seat.id]
        shares = await ledger.list_shares(session, planning_id=event.planning_id)
        if becomes.seat.of in shares and not becomes.seat.opened:
            entries = posted.get(becomes.seat.id, [])
            credited = _find_creditor(swap, was, becomes, readers=readers, entries=entries)
            missing = _find_missing(becomes, credited, entries=entries, zone=zone)
            source = Source(
                on=becomes.seat.guard.start.astimezone(zone).date(),
                cause=f"swap {swap.id}, seat {becomes.seat.id}",
                planning_id=event.planning_id,
                revision_id=event.revision_id,
                seat_id=becomes.seat.id,
                written_by=written_by,
            )
            await ledger.add_postings(session, missing, source=source, now=event.at)


def _find_missing(
    becomes: Placement, credited: int, *, entries: Sequence[Entry], zone: tzinfo
) -> list[Posting]:
    shared = lay_seat(becomes.seat, zone=zone)
    special = () if shared.special is None else (shared.special,)
    counters = (*special, shared.weekday_class.value)
    wanted = post_credit(becomes.seat, owing=becomes.society, credited=credited, counters=counters)
    return find_missing(wanted, [each for each in entries if each.entry is EntryKind.SWAP])


def _find_creditor(
    swap: Swap,
    was: Placement,
    becomes: Placement,
    *,
    readers: Mapping[int, Reader],
    entries: Sequence[Entry],
) -> int:
    if CreditRule(swap.credit_to) is CreditRule.TAKER:
        return _find_society(becomes, readers)
    # A loan ends with the swap; the credit of who was lent stays.
    if was.reason is AssignmentReason.LOAN:
        return _find_society(was, readers)
    return find_credited(entries, owing=was.society)


def _find_society(held: Placement, readers: Mapping[int, Reader]) -> int:
    """Find whose member holds a seat: an outside reader counts for the society that owes it."""
    reader = None if held.radiologist is None else readers.get(held.radiologist)
    own = [
        each.society
        for each in (() if reader is None else reader.memberships)
        if not each.outside and each.covers(held.seat.interval.start)
    ]
    return held.society if not own or held.society in own else own[0]


async def _list_holders(
    session: AsyncSession, placements: Sequence[Placement]
) -> dict[int, Reader]:
    intervals = [each.seat.interval for each in placements]
    found = await people.list_readers(
        session,
        period=Interval(min(intervals).start, max(each.end for each in intervals)),
        zone=await find_zone(session),
        ids={each.radiologist for each in placements if each.radiologist is not None},
    )
    return {each.id: each for each in found}
