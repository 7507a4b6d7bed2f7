"""Use cases of segments: the rules change as one set, so that they always cut every week."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.locks import wait_for_lock
from app.directory.domain import Actor, Permission, require
from app.planning.domain.calendar import find_flaw, occurrences
from app.planning.domain.errors import SegmentsDoNotFit, SegmentsInUse
from app.planning.domain.segments import SegmentRule, default_rules
from app.planning.repository import plannings
from app.planning.repository import segments as repository
from app.planning.service.holidays import list_holidays

LOCK = "segments"
"""Held by who changes the rules, and by who lays out guards by them."""

_DAY = timedelta(days=1)


async def change_segments(
    session: AsyncSession, rules: Sequence[SegmentRule], *, valid_from: date, actor: Actor
) -> None:
    """Let a new set of rules take over on a date.

    Parameters
    ----------
    rules
        The whole new set; each is made valid from that date.
    valid_from
        The old rules end there; guards must not be laid out beyond it.

    Raises
    ------
    PermissionDenied
        If the actor may not plan for the whole group.
    SegmentsDoNotFit
        If old and new rules together leave an instant without a segment or give it two.
    SegmentsInUse
        If guards are laid out beyond the date.
    """
    require(actor, Permission.PLANNING_WRITE)
    await wait_for_lock(session, LOCK)
    new = [replace(rule, valid_from=valid_from) for rule in rules]
    old = [rule for rule in await repository.list_rules(session) if rule.valid_from < valid_from]
    ended = [
        replace(rule, valid_until=min(rule.valid_until or valid_from, valid_from)) for rule in old
    ]
    flaw = find_flaw([*ended, *new])
    if flaw is not None:
        raise SegmentsDoNotFit(flaw)
    end = await plannings.find_planned_end(session)
    if end is not None and end.astimezone(new[0].zone).date() > valid_from:
        raise SegmentsInUse(on=valid_from, planned_until=end.astimezone(new[0].zone).date())
    await repository.end_rules(session, on=valid_from)
    await repository.add_rules(session, new)


async def lay_default_segments(session: AsyncSession, *, zone: ZoneInfo, valid_from: date) -> bool:
    """Give a group without any segment the usual four; tell whether that was needed."""
    await wait_for_lock(session, LOCK)
    if await repository.list_rules(session):
        return False
    await repository.add_rules(session, default_rules(zone=zone, valid_from=valid_from))
    return True


async def find_segment(session: AsyncSession, *, at: datetime) -> str | None:
    """Find the segment of an instant by the rules; nothing before the first rule begins."""
    rules = await repository.list_rules(session)
    if not rules:
        return None
    day = at.astimezone(rules[0].zone).date()
    first, last = day - _DAY, day + _DAY
    found = occurrences(rules, first=first, last=last, holidays=list_holidays(first, last))
    return next((each.segment for each in found if each.interval.contains(at)), None)
