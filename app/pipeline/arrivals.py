"""What joins cases and seats: when exams arrive is counted from our own cases."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.repository import received as cases
from app.directory.domain import Actor
from app.kit.interval import Interval
from app.planning.domain.calendar import instant_of
from app.planning.domain.volumes.counting import Kind
from app.planning.domain.volumes.studies import ArrivedStudy, read_studies
from app.planning.repository import volumes_monthly
from app.planning.service.arrivals import check_dates, keep_arrivals

_SAME = tuple(field.name for field in fields(ArrivedStudy) if field.name != "site")


async def measure_arrivals(
    session: AsyncSession,
    *,
    since: date,
    until: date,
    zone: ZoneInfo,
    actor: Actor,
    now: datetime,
) -> int:
    """When days are over, the exams that came in each of their hours are counted.

    What counts as an exam is what the volumes count: tests, priors and what was sent again do not.
    An exam is that of the referent of its site, also where its contract puts it into the common
    pot: alone, that society would have to read it.

    Parameters
    ----------
    since, until
        Dates on the wall; `until` is the first that does not count.

    Returns
    -------
    int
        How many exams were counted.

    Raises
    ------
    PermissionDenied
        If the actor may not write the volumes of the whole group.
    Invalid
        If these dates are in no order, too many, or not over.
    """
    check_dates(since, until, today=now.astimezone(zone).date())
    start, end = (instant_of(datetime.combine(day, time(0)), zone=zone) for day in (since, until))
    received = await cases.list_received(session, interval=Interval(start, end))
    counts = _count(received, referents=await volumes_monthly.list_referents(session), zone=zone)
    return await keep_arrivals(session, counts, since=since, until=until, actor=actor)


def _count(
    received: Iterable[cases.ReceivedStudy], *, referents: Mapping[int, int], zone: ZoneInfo
) -> Counter[tuple[int, date, int]]:
    studies = (
        ArrivedStudy(site=each.site_id, **{name: getattr(each, name) for name in _SAME})
        for each in received
    )
    counts: Counter[tuple[int, date, int]] = Counter()
    for exam in read_studies(studies):
        if exam.kind is Kind.EXAM:
            wall = exam.at.astimezone(zone)
            counts[referents[exam.site], wall.date(), wall.hour] += 1
    return counts
