"""What joins cases and guards: the volumes that societies bring are counted from our own cases."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.repository import received as cases
from app.directory.domain import SYSTEM, Actor
from app.kit.interval import Interval
from app.planning.domain.calendar import instant_of
from app.planning.domain.volumes.counting import Kind, Measured, Received
from app.planning.domain.volumes.months import add_months
from app.planning.domain.volumes.studies import ArrivedStudy, read_studies
from app.planning.service.volumes_measured import (
    Flow,
    ReadCase,
    check_months,
    find_month_to_measure,
    keep_measured,
)


async def measure_volumes(
    session: AsyncSession,
    *,
    since: date,
    until: date,
    zone: ZoneInfo,
    actor: Actor,
    now: datetime,
) -> Measured:
    """When months are over, what was received inside the segments becomes volumes.

    Parameters
    ----------
    since, until
        First days of months; `until` is the first that does not count.

    Raises
    ------
    PermissionDenied
        If the actor may not write the volumes of the whole group.
    Invalid
        If these are no months that are over.
    """
    check_months(since, until, today=now.astimezone(zone).date())
    start, end = (instant_of(datetime.combine(day, time(0)), zone=zone) for day in (since, until))
    interval = Interval(start, end)
    studies = await cases.list_received(session, interval=interval)
    refused = await cases.list_refused(session, interval=interval)
    signed = await cases.list_signed(session, interval=interval, zone=zone.key)
    flow = Flow(
        received=[
            *read_studies(map(_read, studies)),
            *(Received(Kind.REFUSAL, at, site) for site, at in refused),
        ],
        read=[ReadCase(each.at, each.site_id, each.society_id) for each in signed],
        began=await cases.find_first_study(session),
    )
    return await keep_measured(
        session, flow, since=since, until=until, zone=zone, actor=actor, now=now
    )


async def measure_last_month(
    session: AsyncSession, *, zone: ZoneInfo, now: datetime
) -> date | None:
    """When a month is over, it is measured by itself; once more a week later.

    Returns
    -------
    date or None
        The month; nothing when none was due.
    """
    began = await cases.find_first_study(session)
    month = await find_month_to_measure(session, began=began, zone=zone, now=now)
    if month is not None:
        until = add_months(month, 1)
        await measure_volumes(session, since=month, until=until, zone=zone, actor=SYSTEM, now=now)
    return month


def _read(study: cases.ReceivedStudy) -> ArrivedStudy:
    return ArrivedStudy(
        site=study.site_id,
        at=study.at,
        intake_class=study.intake_class,
        case_id=study.case_id,
        modalities=study.modalities,
        regions=study.regions,
        accession_number=study.accession_number,
        taken=study.taken,
        came_again=study.came_again,
    )
