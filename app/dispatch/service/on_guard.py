"""What a decision knows of everybody on guard: loads, estimates, rings, shares and points.

What is the same for all cases that one transaction decides is read once for all of them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.models import Case
from app.db.together import together
from app.dispatch.domain.exams import ExamKind
from app.dispatch.domain.loads import Load, sum_ahead
from app.dispatch.domain.policy import Line, Reader
from app.dispatch.domain.presence import PresenceState, find_reach
from app.dispatch.domain.shares import find_deficits
from app.dispatch.domain.transfers import expect_transfer, find_left
from app.dispatch.repository.handover_facts import find_stints
from app.dispatch.repository.in_force import RulesInForce, ask_in_force
from app.dispatch.repository.loads import InHand, ask_in_hand
from app.dispatch.repository.measured import Measured, find_measured
from app.dispatch.repository.readers import Seated, ask_seated
from app.dispatch.repository.waiting import Unclaimed, ask_unclaimed
from app.kit.interval import Interval

_SOON = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnGuard:
    """The kind of exam that a case is, and who could read it."""

    kind: ExamKind
    readers: tuple[Reader, ...]
    expected_read: timedelta
    """By all readers."""
    in_force: RulesInForce


@dataclass(frozen=True, slots=True, kw_only=True)
class _AtSite:
    """What is known of everybody on guard for the cases of a site."""

    in_force: RulesInForce
    seated: Sequence[Seated]
    deficits: Mapping[int, float]
    presence: Mapping[int, PresenceState]


class GuardSeen:
    """Who is on guard and what they have in hand, as one transaction sees it.

    Whoever holds the lock of deciding makes one, and drops it when a savepoint is rolled back. What
    the transaction itself offers meanwhile is noted; what others claim counts from the next one on.
    """

    def __init__(self, *, now: datetime) -> None:
        self._now = now
        self._sites: dict[int, _AtSite] = {}
        self._times = Measured()
        self._due_by: datetime | None = None
        # Of what is decided here: all else is of the kind that was kept when it was offered.
        self._kinds: dict[int, ExamKind] = {}
        self._loads: defaultdict[int, dict[int, Load]] = defaultdict(dict)

    async def see(self, session: AsyncSession, cases: Collection[Case]) -> dict[int, Unclaimed]:
        """Read how these cases stand, which are to be decided, and all else not known yet."""
        ids = self._kinds.keys() | {each.id for each in cases}
        due_by = max(each.signed_due_at or self._now for each in cases)
        is_known = self._due_by is not None and due_by <= self._due_by and ids == self._kinds.keys()
        if self._due_by is None or due_by > self._due_by:
            self._due_by = due_by
        async with together(session) as questions:
            in_hand = None if is_known else questions.ask(ask_in_hand(ids, due_by=self._due_by))
            sites = {
                site_id: (
                    questions.ask(ask_seated(site_id=site_id, now=self._now)),
                    questions.ask(ask_in_force(site_id=site_id, now=self._now)),
                )
                for site_id in {each.site_id for each in cases}.difference(self._sites)
            }
            unclaimed = questions.ask(ask_unclaimed([each.id for each in cases]))
        for site_id, (seated, in_force) in sites.items():
            at_site = await self._put_in_force(session, seated.answer, in_force=in_force.answer)
            self._sites[site_id] = at_site
        if in_hand is not None:
            self._take(in_hand.answer, decided=ids)
        return unclaimed.answer

    async def _put_in_force(
        self, session: AsyncSession, seated: Sequence[Seated], *, in_force: RulesInForce
    ) -> _AtSite:
        if in_force.is_backup_called:
            seated = [_call_up(each, now=self._now) for each in seated]
        if not self._sites:
            self._times = await find_measured(session, in_force.read_times)
        has_first = any(each.line is Line.FIRST for each in seated)
        is_shared = has_first and bool(in_force.shares)
        seen = [each.seen for each in seated]
        return _AtSite(
            in_force=in_force,
            seated=await _extend(session, seated, now=self._now),
            deficits=find_deficits(in_force.read, shares=in_force.shares) if is_shared else {},
            presence=find_reach(seen, is_our_fault=in_force.is_mass_silence, now=self._now),
        )

    def _take(
        self, in_hand: Mapping[ExamKind, Sequence[InHand]], *, decided: Collection[int]
    ) -> None:
        self._loads.clear()
        for kind, alike in in_hand.items():
            self._kinds.update((each.case_id, kind) for each in alike if each.case_id in decided)
            self._put(kind, alike)

    def _put(self, kind: ExamKind, alike: Iterable[InHand]) -> None:
        """Put cases of one kind into the hands that have them."""
        own, shared = self._times.read.expect_own(kind), self._times.read.expect_of_all(kind)
        loads = self._loads
        for case_id, due, offered_to, reader_id, claimed_at, is_aside in alike:
            if reader_id is not None:
                minutes = own.get(reader_id, shared)
                loads[reader_id][case_id] = Load(
                    reader_id, minutes, due, claimed_at=claimed_at, is_aside=is_aside
                )
            if offered_to:
                count = len(offered_to)
                for who in offered_to:
                    loads[who][case_id] = Load(who, own.get(who, shared), due, count)

    def describe(self, case: Case, unclaimed: Unclaimed) -> OnGuard:
        """Say what a decision about a case that is seen needs to know."""
        kind, site = self._kinds[case.id], self._sites[case.site_id]
        own, shared = self._times.read.expect_own(kind), self._times.read.expect_of_all(kind)
        transfers = self._find_transfers(site, unclaimed)
        case_id, due = case.id, case.signed_due_at or self._now
        return OnGuard(
            kind=kind,
            readers=tuple(
                self._make_reader(
                    each,
                    site,
                    loads=self._list_loads(each.radiologist_id, but=case_id),
                    due=due,
                    read_minutes=own.get(each.radiologist_id, shared),
                    transfer_minutes=transfers[each.endpoint_id],
                    has_declined=each.radiologist_id in unclaimed.declined,
                )
                for each in site.seated
            ),
            expected_read=timedelta(minutes=shared),
            in_force=site.in_force,
        )

    def _find_transfers(self, site: _AtSite, unclaimed: Unclaimed) -> dict[int | None, float]:
        times = self._times.transfer_s
        return {
            node: expect_transfer(
                node, byte_count=find_left(unclaimed.to_send, endpoint_id=node), times=times
            )
            for node in {each.endpoint_id for each in site.seated}
        }

    def _list_loads(self, radiologist_id: int, *, but: int) -> Collection[Load]:
        loads = self._loads.get(radiologist_id, {})
        if but in loads:
            return [load for case_id, load in loads.items() if case_id != but]
        return loads.values()

    def _make_reader(
        self,
        each: Seated,
        site: _AtSite,
        *,
        loads: Collection[Load],
        due: datetime,
        read_minutes: float,
        transfer_minutes: float,
        has_declined: bool,
    ) -> Reader:
        ahead = sum_ahead(loads, signed_due_at=due, now=self._now)
        return Reader(
            radiologist_id=each.radiologist_id,
            line=each.line,
            guard=each.seat,
            ring=each.ring,
            may_read_site=each.may_read_site,
            claims=ahead.claims,
            nominations=ahead.nominations,
            ahead_minutes=ahead.minutes,
            claims_last_hour=each.claims_last_hour,
            hourly_cap=each.hourly_cap,
            read_minutes=read_minutes,
            transfer_minutes=transfer_minutes,
            sub_specialties=each.sub_specialties,
            society_deficit=site.deficits.get(each.society_id or 0, 0.0),
            points=each.points,
            presence=site.presence[each.radiologist_id],
            has_declined=has_declined,
            is_called_to_site=each.is_called_to_site,
        )

    def note_offered(self, case: Case, radiologist_ids: Collection[int]) -> None:
        """Follow that a case is offered to these from now on, and to nobody else."""
        for loads in self._loads.values():
            loads.pop(case.id, None)
        kind, due = self._kinds[case.id], case.signed_due_at or self._now
        self._put(kind, [InHand(case.id, due, tuple(radiologist_ids))])


async def load_on_guard(session: AsyncSession, case: Case, *, now: datetime) -> OnGuard:
    """Read who holds a seat, with all that a decision about one case needs to know."""
    guard = GuardSeen(now=now)
    unclaimed = await guard.see(session, [case])
    return guard.describe(case, unclaimed[case.id])


def _call_up(each: Seated, *, now: datetime) -> Seated:
    """Let who of the backup line was called in a surge, and is there, read as the first line."""
    is_there = not each.seen.is_gone(now)
    return replace(each, line=Line.FIRST) if each.line is Line.BACKUP and is_there else each


async def _extend(
    session: AsyncSession, seated: Sequence[Seated], *, now: datetime
) -> Sequence[Seated]:
    """Let seats that end soon end when their holders go off guard: who holds the next one too."""
    soon = {each.radiologist_id for each in seated if each.seat.end <= now + _SOON}
    if not soon:
        return seated
    stints = await find_stints(session, soon, at=now)
    return [
        replace(each, seat=Interval(each.seat.start, stints[each.radiologist_id].end))
        if each.radiologist_id in stints
        else each
        for each in seated
    ]
