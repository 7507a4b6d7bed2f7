"""Use cases of the account between societies: what a publication posts."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, tzinfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.interval import Interval
from app.planning.domain.roster.people import Reader
from app.planning.domain.seats import AssignmentReason, GuardLine, Placement, Seat
from app.planning.domain.sharing.ledger import Entry, EntryKind
from app.planning.domain.sharing.outcome import tell
from app.planning.domain.sharing.postings import post_cession, post_period
from app.planning.domain.sharing.table import lay_table
from app.planning.domain.standing import OF_SEATS, Standing, find_missing, post_seat
from app.planning.models import PlanningRevision
from app.planning.repository import assignments, ledger, people
from app.planning.repository.ledger import Source
from app.planning.repository.seats import SeatFacts, list_facts
from app.planning.service.judging import find_zone
from app.planning.service.ledger_periods import lay_period, lay_seat

_OF_PERIODS = frozenset(
    {EntryKind.ENTITLED, EntryKind.ALLOTTED, EntryKind.CEDED, EntryKind.EXCHANGED}
)


async def post_publication(
    session: AsyncSession, revision: PlanningRevision, *, now: datetime
) -> None:
    """Post what a revision changes that has just come into force; twice posts nothing more.

    A revision that was made by sharing posts what the period entitled and allotted; every one
    posts loans, reinforcements, shortened and cancelled seats of the seats that it names.
    """
    if await ledger.list_rights_of(session, revision.id):
        await _post_period(session, revision, now=now)
        placements = await assignments.list_in_force(session, planning_id=revision.planning_id)
    else:
        placements = await assignments.list_of_revision(session, revision.id)
    await post_seats(session, revision, seat_ids={each.seat.id for each in placements}, now=now)


async def post_seats(
    session: AsyncSession, revision: PlanningRevision, *, seat_ids: Collection[int], now: datetime
) -> None:
    """Let the account follow how seats stand now.

    Without a published sharing of the planning there is no share to post by, and nothing is; nor
    for an opened seat, which was taken before sharing.
    """
    shares = await ledger.list_shares(session, planning_id=revision.planning_id)
    facts = {each.seat.id: each for each in await list_facts(session, seat_ids=seat_ids)}
    last = {each.seat.id: each for each in await assignments.list_last_of(session, seat_ids)}
    posted = await ledger.list_of_seats(session, seat_ids)
    zone = await find_zone(session)
    readers = await _list_holders(session, last.values(), zone=zone)
    for seat_id in sorted(last):
        standing = _describe(facts[seat_id], last[seat_id], readers=readers, zone=zone)
        of_kind = shares.get(standing.seat.of)
        if of_kind is None or standing.seat.opened:
            continue
        missing = find_missing(
            post_seat(standing, shares=of_kind),
            _list_followed(standing, posted.get(seat_id, [])),
        )
        source = Source(
            on=_date_of(standing.seat, zone),
            cause=f"seat {seat_id}",
            planning_id=revision.planning_id,
            revision_id=revision.id,
            seat_id=seat_id,
            written_by=revision.published_by,
        )
        await ledger.add_postings(session, missing, source=source, now=now)


def _list_followed(standing: Standing, posted: Sequence[Entry]) -> list[Entry]:
    """List what must follow the seat: a swap too, once another change has ended it."""
    is_over = standing.is_closed or standing.reason is not AssignmentReason.SWAP
    kinds = OF_SEATS | ({EntryKind.SWAP} if is_over else set())
    return [each for each in posted if each.entry in kinds]


async def _post_period(session: AsyncSession, revision: PlanningRevision, *, now: datetime) -> None:
    """Post the sharing of a period as it is published: from the volumes that its draft was made of.

    Its rights are written anew: seats may have been closed, and balances moved, since the draft.
    """
    rights = await ledger.list_rights_of(session, revision.id)
    in_force = await assignments.list_in_force(session, planning_id=revision.planning_id)
    added = {
        each.seat.id
        for each in await list_facts(session, seat_ids={each.seat.id for each in in_force})
        if each.is_added or each.opened or each.seat.line is GuardLine.ON_SITE
    }
    shared = [each for each in in_force if each.seat.id not in added]
    period = await lay_period(
        session,
        planning_id=revision.planning_id,
        volumes={each.society_id: each.volume for each in rights},
        seats=[each.seat for each in shared],
    )
    sharing = tell(period, lay_table(period), {each.seat.id: each.society for each in shared})
    snapshot_id = next((each.snapshot_id for each in rights), None)
    await ledger.drop_rights(session, revision.id)
    await assignments.add_rights(session, revision_id=revision.id, rights=sharing.cells)
    if snapshot_id is not None:
        await ledger.name_snapshot(session, revision.id, snapshot_id=snapshot_id)
    wanted = post_period(sharing)
    for cession in period.cessions:
        wanted += post_cession(cession)
    stands = await ledger.list_of_planning(session, revision.planning_id)
    source = Source(
        on=period.start,
        cause=f"planning {revision.planning_id}",
        planning_id=revision.planning_id,
        revision_id=revision.id,
        written_by=revision.published_by,
    )
    missing = find_missing(wanted, [each for each in stands if each.entry in _OF_PERIODS])
    await ledger.add_postings(session, missing, source=source, now=now)


def _describe(
    facts: SeatFacts, last: Placement, *, readers: Mapping[int, Reader], zone: tzinfo
) -> Standing:
    seat = facts.seat
    holder = None if last.radiologist is None else readers.get(last.radiologist)
    shared = lay_seat(seat, zone=zone)
    special = () if shared.special is None else (shared.special,)
    return Standing(
        seat=seat,
        owing=last.society,
        holding=_find_society(holder, last, seat),
        reason=last.reason,
        is_added=facts.is_added,
        is_closed=facts.is_closed,
        counters=(*special, shared.weekday_class.value),
    )


def _find_society(holder: Reader | None, last: Placement, seat: Seat) -> int:
    """Find whose member holds a seat: an outside reader counts for the society that owes it."""
    own = [
        each.society
        for each in (() if holder is None else holder.memberships)
        if not each.outside and each.covers(seat.interval.start)
    ]
    return last.society if not own or last.society in own else own[0]


async def _list_holders(
    session: AsyncSession, placements: Collection[Placement], *, zone: tzinfo
) -> dict[int, Reader]:
    ids = {each.radiologist for each in placements if each.radiologist is not None}
    if not ids:
        return {}
    intervals = [each.seat.interval for each in placements]
    period = Interval(min(intervals).start, max(each.end for each in intervals))
    found = await people.list_readers(session, period=period, zone=zone, ids=ids)
    return {each.id: each for each in found}


def _date_of(seat: Seat, zone: tzinfo) -> date:
    return seat.guard.start.astimezone(zone).date()
