"""What holds for everybody on guard at an instant at a site, read at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Date,
    ScalarSelect,
    Select,
    bindparam,
    cast,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.db.clock import NOW
from app.db.together import Query, Question
from app.directory.models import RadiologistSociety, Site
from app.dispatch.domain.policy.parameters import DEFAULTS, Parameters
from app.dispatch.models import Claim, DispatchParameters, MassSilence, Surge
from app.dispatch.repository.measured import Version, select_version
from app.planning.domain.seats import GuardLine
from app.planning.models import Assignment, Guard, Seat, SnapshotShare, VolumeSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesInForce:
    """What a decision about any case has to mind."""

    is_mass_silence: bool
    """Then nobody is gone for not being heard."""
    is_backup_called: bool
    """Was the backup line called in the surge that is on?"""
    read_times: Version | None
    """Of the table; nothing: none was made yet."""
    parameters: Parameters
    parameters_id: int | None
    """Their version; nothing: nobody has set any."""
    shares: Mapping[int, int]
    """Of the volume by society, in millionths, as the snapshot has it that was frozen last."""
    read: Mapping[int, int]
    """Cases that members of each society read or have signed, taken since the guards of the first
    line began; by their society on the day of the site."""


def _select_in_force() -> Select[*tuple[Any, ...]]:
    silence = select(MassSilence.id).where(MassSilence.ended_at.is_(None))
    called = select(Surge.id).where(Surge.ended_at.is_(None), Surge.called_at.is_not(None))
    times = select_version().subquery()
    is_set = (
        select(DispatchParameters.id, DispatchParameters.values)
        .order_by(DispatchParameters.id.desc())
        .limit(1)
        .subquery()
    )
    facts = select(
        silence.exists().label("is_mass_silence"),
        called.exists().label("is_backup_called"),
        _gather_shares().label("shares"),
        _count_read().label("read"),
    ).subquery()
    return (
        select(*facts.c, *is_set.c, *times.c)
        .join_from(facts, is_set, true(), isouter=True)
        .join(times, true(), isouter=True)
    )


def _gather_shares() -> ScalarSelect[Any]:
    latest = select(func.max(VolumeSnapshot.id)).scalar_subquery()
    shares = func.jsonb_object_agg(SnapshotShare.society_id, SnapshotShare.share, type_=JSONB)
    return select(shares).where(SnapshotShare.snapshot_id == latest).scalar_subquery()


def _count_read() -> ScalarSelect[Any]:
    since = (
        select(func.min(func.lower(Guard.period)))
        .join(Seat, Seat.guard_id == Guard.id)
        .join(Assignment, Assignment.seat_id == Seat.id)
        .where(
            Assignment.in_force,
            Assignment.period.contains(NOW),
            Guard.line == GuardLine.FIRST.value,
        )
        .scalar_subquery()
    )
    day = select(cast(func.timezone(Site.zone, NOW), Date)).where(
        Site.id == bindparam("site_id", type_=BigInteger)
    )
    read = (
        select(RadiologistSociety.society_id, func.count().label("count"))
        .join(Claim, Claim.radiologist_id == RadiologistSociety.radiologist_id)
        .where(
            RadiologistSociety.valid.contains(day.scalar_subquery()),
            Claim.claimed_at >= since,
            or_(Claim.ended_at.is_(None), Claim.end_reason == "signed"),
        )
        .group_by(RadiologistSociety.society_id)
        .subquery()
    )
    counts = func.jsonb_object_agg(read.c.society_id, read.c.count, type_=JSONB)
    return select(counts).scalar_subquery()


def ask_in_force(*, site_id: int, now: datetime) -> Question[RulesInForce]:
    """Ask for what is in force now."""
    return _IN_FORCE.of(site_id=site_id, now=now)


def _read_in_force(rows: Sequence[tuple[Any, ...]]) -> RulesInForce:
    (row,) = rows
    is_mass_silence, is_backup_called, shares, read, parameters_id, values, *version = row
    return RulesInForce(
        is_mass_silence=is_mass_silence,
        is_backup_called=is_backup_called,
        read_times=None if version[0] is None else Version(*version),
        parameters=DEFAULTS if values is None else Parameters.from_json(values),
        parameters_id=parameters_id,
        shares=_read_map(shares),
        read=_read_map(read),
    )


def _read_map(gathered: Mapping[str, int] | None) -> dict[int, int]:
    return {int(key): value for key, value in (gathered or {}).items()}


_IN_FORCE = Query(_select_in_force(), read=_read_in_force)
