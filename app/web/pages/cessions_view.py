"""What the page of cessions shows: those that hold or will, and those that are over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from app.directory.domain import Permission, Scope
from app.planning.domain.seats import GuardLine, SeatKind
from app.planning.models import Cession
from app.planning.repository import cessions as repository
from app.planning.repository.segments import list_rules
from app.planning.repository.volumes_monthly import list_all_societies
from app.web.pages.door import Visit
from app.web.pages.refusals import tell_refusal
from app.web.pages.texts import N_

_MOST = 2000
_DAY = timedelta(days=1)

LINES: Mapping[str, tuple[GuardLine, SeatKind]] = MappingProxyType(
    {
        "first": (GuardLine.FIRST, SeatKind.READER),
        "backup": (GuardLine.BACKUP, SeatKind.READER),
        "coordinator": (GuardLine.FIRST, SeatKind.COORDINATOR),
    }
)
"""What can be ceded, by the word of the page."""


class Standing(StrEnum):
    """Whether a cession holds today."""

    IN_FORCE = "in_force"
    TO_COME = "to_come"
    OVER = "over"
    WITHDRAWN = "withdrawn"


STANDINGS: Mapping[Standing, str] = MappingProxyType(
    {
        Standing.IN_FORCE: N_("in force"),
        Standing.TO_COME: N_("to come"),
        Standing.OVER: N_("over"),
        Standing.WITHDRAWN: N_("withdrawn"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CessionShown:
    """A cession, or an exchange where something is returned; no last day: it stays open."""

    id: int
    giver: str
    taker: str
    segment: str
    line: str
    seats: int
    returned: str | None
    returned_seats: int | None
    since: date | None
    last: date | None
    note: str
    agreed_at: datetime
    agreed_by: str | None
    withdrawn_at: datetime | None
    standing: Standing
    may_withdraw: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CessionsPage:
    """Cessions that who looks may see, and a form with what was typed.

    Parameters
    ----------
    societies
        Names by id, of those for which one may agree.
    refused
        Why what was typed is not taken.
    """

    standing: Sequence[CessionShown]
    past: Sequence[CessionShown]
    societies: Mapping[int, str]
    segments: Sequence[str]
    lines: Sequence[str]
    typed: Mapping[str, str]
    refused: str | None
    today: date
    may_write: bool


async def load_page(
    guest: Visit, *, typed: Mapping[str, str] | None = None, refused: str | None = None
) -> CessionsPage:
    """Load what the reader may see of the cessions."""
    work, frame = guest.work, guest.frame
    rows = await repository.list_cessions(
        guest.session, scope=work.scope(Permission.VOLUME_READ), limit=_MOST
    )
    shown = await _show(guest, rows)
    held = {Standing.IN_FORCE, Standing.TO_COME}
    rules = await list_rules(guest.session)
    scope = work.scope(Permission.PLANNING_WRITE)
    societies = {
        each.id: each.name
        for each in await list_all_societies(guest.session)
        if scope.covers(society_id=each.id)
    }
    return CessionsPage(
        standing=[each for each in shown if each.standing in held],
        past=[each for each in shown if each.standing not in held],
        societies=societies,
        segments=list(dict.fromkeys(each.segment for each in rules)),
        lines=tuple(LINES),
        typed=typed or {},
        refused=None
        if refused is None
        else tell_refusal(refused, texts=frame.texts, zone=frame.zone),
        today=work.today,
        may_write=len(societies) > 1,
    )


async def _show(guest: Visit, rows: Sequence[Cession]) -> list[CessionShown]:
    names = {each.id: each.name for each in await list_all_societies(guest.session)}
    agreers = await repository.name_agreers(guest.session)
    scope = guest.work.scope(Permission.PLANNING_WRITE)
    shown = [
        _show_one(row, names=names, agreers=agreers, scope=scope, today=guest.work.today)
        for row in rows
    ]
    return sorted(shown, key=lambda each: (each.since or date.min, each.id), reverse=True)


def _show_one(
    row: Cession,
    *,
    names: Mapping[int, str],
    agreers: Mapping[int, str],
    scope: Scope,
    today: date,
) -> CessionShown:
    end = row.valid.upper
    standing = _find_standing(row, today=today)
    is_coordinator = row.kind == SeatKind.COORDINATOR
    sides = (row.giver_id, row.taker_id)
    return CessionShown(
        id=row.id,
        giver=names[row.giver_id],
        taker=names[row.taker_id],
        segment=row.segment_code,
        line=row.kind if is_coordinator else row.line,
        seats=row.seats,
        returned=row.returned_segment,
        returned_seats=row.returned_seats,
        since=row.valid.lower,
        last=None if end is None else end - _DAY,
        note=row.note,
        agreed_at=row.agreed_at,
        agreed_by=None if row.agreed_by is None else agreers.get(row.agreed_by),
        withdrawn_at=row.withdrawn_at,
        standing=standing,
        may_withdraw=standing in {Standing.IN_FORCE, Standing.TO_COME}
        and all(scope.covers(society_id=each) for each in sides),
    )


def _find_standing(row: Cession, *, today: date) -> Standing:
    if row.withdrawn_at is not None:
        return Standing.WITHDRAWN
    if row.valid.upper is not None and row.valid.upper <= today:
        return Standing.OVER
    is_to_come = row.valid.lower is not None and row.valid.lower > today
    return Standing.TO_COME if is_to_come else Standing.IN_FORCE
