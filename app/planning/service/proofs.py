"""Use case of those who ask why a society has its guards: every number, worked out again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, require
from app.kit.errors import NotFound
from app.planning.domain.seats import GuardLine, KindOfSeat, SeatKind
from app.planning.domain.sharing.export import export
from app.planning.domain.sharing.ledger import Entry
from app.planning.domain.sharing.outcome import tell
from app.planning.domain.sharing.period import Member, Period
from app.planning.domain.sharing.proof import Proof, prove
from app.planning.domain.sharing.recompute import Tables, compare
from app.planning.domain.sharing.rights import Sharing
from app.planning.domain.sharing.table import lay_table
from app.planning.models import Entitlement, Planning, PlanningRevision
from app.planning.repository import assignments, ledger, plannings, proofs
from app.planning.repository.proofs import Reads
from app.planning.repository.seats import list_facts
from app.planning.service.ledger_periods import lay_period

Cell = tuple[int, KindOfSeat]
"""A society and a kind of seat."""
Posted = tuple[int, int]


class NoProof(NotFound):
    """Nothing was shared, or the society had no part in it."""


@dataclass(frozen=True, slots=True)
class SharingShown:
    """A published sharing as it stands.

    Parameters
    ----------
    revision
        The last published one that was made by sharing.
    posted
        Entitlement, in millionths, and seats of each cell as they were posted to the account.
    departed
        Societies that were said to leave within the period after it was published: they are
        counted as they were then, as members to its end.
    """

    planning: Planning
    revision: PlanningRevision
    period: Period
    sharing: Sharing
    posted: Mapping[Cell, Posted]
    departed: Sequence[Member] = ()

    @property
    def is_as_posted(self) -> bool:
        """Is it still what was posted?"""
        told = {(each.society, each.of): (each.entitled, each.seats) for each in self.sharing.cells}
        return told == self.posted


@dataclass(frozen=True, slots=True)
class ProofShown:
    """Why a society has its guards.

    Parameters
    ----------
    entries
        Of the account between societies, for this planning and society.
    reads
        What it brought and read in the months of the frozen volumes; absent: none were frozen.
    is_confirmed
        Whoever works the exported tables out again finds the same numbers, and they are those of
        the account.
    """

    shown: SharingShown
    proof: Proof
    entries: Sequence[Entry]
    reads: Reads | None
    is_confirmed: bool

    @property
    def published_at(self) -> datetime | None:
        """When the sharing came into force."""
        return self.shown.revision.published_at


async def show_proof(
    session: AsyncSession, *, planning_id: int, society_id: int, actor: Actor
) -> ProofShown:
    """Prove to a society why it has its guards in a planning.

    Raises
    ------
    PermissionDenied
        If the actor may not read the volumes of that society.
    NoSuchPlanning
        If there is no such planning.
    NoProof
        If no sharing of it was published, or the society had no part in it.
    """
    require(actor, Permission.VOLUME_READ, society_id=society_id)
    shown = await load_sharing(session, planning_id=planning_id)
    if society_id not in {each.id for each in shown.period.members}:
        raise NoProof(f"society {society_id} had no part in planning {planning_id}")
    entries = await ledger.list_of_society(session, planning_id=planning_id, society_id=society_id)
    return ProofShown(
        shown=shown,
        proof=prove(shown.period, shown.sharing, society=society_id),
        entries=entries,
        reads=await proofs.sum_reads(session, revision_id=shown.revision.id, society_id=society_id),
        is_confirmed=shown.is_as_posted and not compare(export(shown.period, shown.sharing)),
    )


async def export_sharing(session: AsyncSession, *, planning_id: int, actor: Actor) -> Tables:
    """Give all that a published sharing depends on, and says, as tables.

    Raises
    ------
    PermissionDenied
        If the actor may not read the volumes of all societies.
    NoSuchPlanning, NoProof
        As `show_proof`.
    """
    require(actor, Permission.VOLUME_READ)
    shown = await load_sharing(session, planning_id=planning_id)
    return export(shown.period, shown.sharing)


async def load_sharing(session: AsyncSession, *, planning_id: int) -> SharingShown:
    """Lay the period of a published sharing out again, with whose each seat became.

    Raises
    ------
    NoSuchPlanning, NoProof
        As `show_proof`.
    """
    planning = await plannings.find_planning(session, planning_id)
    revision = await proofs.find_shared_revision(session, planning_id)
    if revision is None:
        raise NoProof(f"no sharing of planning {planning_id} is published yet: publish a draft")
    rights = await ledger.list_rights_of(session, revision.id)
    placements = await assignments.list_as_of(session, revision)
    facts = await list_facts(session, seat_ids={each.seat.id for each in placements})
    unshared = {
        each.seat.id
        for each in facts
        if each.is_added or each.opened or each.seat.line is GuardLine.ON_SITE
    }
    shared = [each for each in placements if each.seat.id not in unshared]
    period = await lay_period(
        session,
        planning_id=planning_id,
        volumes={each.society_id: each.volume for each in rights},
        seats=[each.seat for each in shared],
        known_to=revision.id,
    )
    whose = {each.seat.id: each.society for each in shared}
    shown = SharingShown(
        planning,
        revision,
        period,
        tell(period, lay_table(period), whose),
        posted=_read_posted(rights),
    )
    return shown if shown.is_as_posted else _show_as_known(shown, whose=whose)


def _show_as_known(shown: SharingShown, *, whose: Mapping[int, int]) -> SharingShown:
    """Show what was posted, if it is the sharing of those who were not yet said to leave."""
    departed = [each for each in shown.period.members if each.left is not None]
    members = [replace(each, left=None) for each in shown.period.members]
    period = replace(shown.period, members=members)
    known = replace(
        shown,
        period=period,
        sharing=tell(period, lay_table(period), whose),
        departed=departed,
    )
    return known if departed and known.is_as_posted else shown


def _read_posted(rights: Sequence[Entitlement]) -> dict[Cell, Posted]:
    return {
        (
            row.society_id,
            KindOfSeat(row.segment_code, GuardLine(row.line), SeatKind(row.kind)),
        ): (row.seats_millionths, row.seats)
        for row in rights
    }
