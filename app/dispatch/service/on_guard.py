"""What a decision knows of everybody on guard: loads, estimates, rings, shares and points."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.models import Case
from app.dispatch.domain.exams import ExamKind
from app.dispatch.domain.loads import Load, sum_ahead
from app.dispatch.domain.policy import Line, Reader
from app.dispatch.domain.presence import PresenceState, find_reach
from app.dispatch.domain.read_times import ReadTimes
from app.dispatch.domain.shares import find_deficits
from app.dispatch.domain.transfers import expect_transfer
from app.dispatch.repository import loads as loads_repository
from app.dispatch.repository import read_times as times_repository
from app.dispatch.repository.handover_facts import find_stints
from app.dispatch.repository.in_force import RulesInForce, find_in_force
from app.dispatch.repository.readers import Seated, list_seated
from app.dispatch.repository.transfers import find_left_to_send
from app.kit.interval import Interval
from app.planning.repository import snapshots
from app.planning.repository.reader_facts import map_balances

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
class _Known:
    """What is known of readers beside their seats."""

    kind: ExamKind
    times: ReadTimes
    loads: Mapping[int, Sequence[Load]]
    transfer_s: Mapping[int, float]
    """For a MiB, by node."""
    left_bytes: Mapping[int, float]
    """What each node has still to get of the case."""
    deficits: Mapping[int, float]
    points: Mapping[int, int]
    presence: Mapping[int, PresenceState]
    ends: Mapping[int, datetime]
    """When those go off guard whose seat ends soon: who holds the next one too goes on."""


async def load_on_guard(session: AsyncSession, case: Case, *, now: datetime) -> OnGuard:
    """Read who holds a seat, with all that a decision about a case that is due needs to know."""
    in_force = await find_in_force(session)
    seated = await list_seated(session, case=case, now=now)
    if in_force.is_backup_called:
        seated = [_call_up(each, now=now) for each in seated]
    known = await _load_known(session, case, seated, in_force=in_force, now=now)
    expected = known.times.expect_each(known.kind)
    return OnGuard(
        kind=known.kind,
        readers=tuple(
            _make_reader(
                each, known, case=case, read_minutes=expected[each.radiologist_id], now=now
            )
            for each in seated
        ),
        expected_read=timedelta(minutes=known.times.expect_of_all(known.kind)),
        in_force=in_force,
    )


def _call_up(each: Seated, *, now: datetime) -> Seated:
    """Let who of the backup line was called in a surge, and is there, read as the first line."""
    is_there = not each.seen.is_gone(now)
    return replace(each, line=Line.FIRST) if each.line is Line.BACKUP and is_there else each


async def _load_known(
    session: AsyncSession,
    case: Case,
    seated: Sequence[Seated],
    *,
    in_force: RulesInForce,
    now: datetime,
) -> _Known:
    ids = {each.radiologist_id for each in seated}
    times, transfer_s = await _load_times(session, in_force.read_times_id, ids)
    found, kind = await loads_repository.list_loads(
        session, ids, times=times, but=case.id, due_by=case.signed_due_at or now
    )
    loads: defaultdict[int, list[Load]] = defaultdict(list)
    for load in found:
        loads[load.radiologist_id].append(load)
    seen = [each.seen for each in seated]
    return _Known(
        kind=kind,
        times=times,
        loads=loads,
        transfer_s=transfer_s,
        left_bytes=await find_left_to_send(
            session,
            case.id,
            endpoint_ids={each.endpoint_id for each in seated if each.endpoint_id is not None},
        ),
        deficits=await _find_deficits(session, seated),
        points=await map_balances(session, ids, before=now),
        presence=find_reach(seen, is_our_fault=in_force.is_mass_silence, now=now),
        ends=await _find_ends(session, seated, now=now),
    )


async def _load_times(
    session: AsyncSession, table_id: int | None, radiologist_ids: Collection[int]
) -> tuple[ReadTimes, dict[int, float]]:
    if table_id is None:
        return ReadTimes(), {}
    rows = await times_repository.list_rows(session, table_id, radiologist_ids=radiologist_ids)
    transfer_s = await times_repository.map_transfer_times(session, table_id)
    return ReadTimes(rows), transfer_s


async def _find_ends(
    session: AsyncSession, seated: Iterable[Seated], *, now: datetime
) -> dict[int, datetime]:
    soon = {each.radiologist_id for each in seated if each.seat.end <= now + _SOON}
    stints = await find_stints(session, soon, at=now) if soon else {}
    return {who: each.end for who, each in stints.items()}


async def _find_deficits(session: AsyncSession, seated: Iterable[Seated]) -> dict[int, float]:
    """Say how many exams of this guard each society is short of its share of the volume."""
    firsts = [each for each in seated if each.line is Line.FIRST]
    shares = await snapshots.map_latest_shares(session) if firsts else {}
    if not shares:
        return {}
    read = await loads_repository.count_read(
        session, since=min(each.guard_start for each in firsts), on=firsts[0].day
    )
    return find_deficits(read, shares=shares)


def _make_reader(
    each: Seated, known: _Known, *, case: Case, read_minutes: float, now: datetime
) -> Reader:
    ahead = sum_ahead(
        known.loads.get(each.radiologist_id, ()), signed_due_at=case.signed_due_at or now, now=now
    )
    end = known.ends.get(each.radiologist_id)
    left = known.left_bytes.get(each.endpoint_id or 0, 0.0)
    return Reader(
        radiologist_id=each.radiologist_id,
        line=each.line,
        guard=each.seat if end is None else Interval(each.seat.start, end),
        ring=each.ring,
        may_read_site=each.may_read_site,
        claims=ahead.claims,
        nominations=ahead.nominations,
        ahead_minutes=ahead.minutes,
        claims_last_hour=each.claims_last_hour,
        hourly_cap=each.hourly_cap,
        read_minutes=read_minutes,
        transfer_minutes=expect_transfer(each.endpoint_id, byte_count=left, times=known.transfer_s),
        sub_specialties=each.sub_specialties,
        society_deficit=known.deficits.get(each.society_id or 0, 0.0),
        points=known.points.get(each.radiologist_id, 0),
        presence=known.presence[each.radiologist_id],
        has_declined=each.has_declined,
        is_called_to_site=each.is_called_to_site,
    )
