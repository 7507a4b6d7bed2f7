"""Use cases of studies that are questions of their own: each of them opens a case."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository
from app.cases.domain.priority import Priority, StudyHeader, Urgency, find_urgency, is_called_urgent
from app.cases.domain.sla import find_signed_due, take_snapshot
from app.cases.domain.timeline import EventKind
from app.cases.events import CaseOpened
from app.cases.service.contents import count_images, describe
from app.db.arrays import write_instant
from app.intake.models import Study
from app.intake.repository.studies import StudyWithNews


async def find_urgencies(
    session: AsyncSession, studies: Sequence[Study], *, ae_title: str
) -> dict[int, Urgency]:
    """Find how urgent some studies are, by study.

    Parameters
    ----------
    ae_title
        Our own.
    """
    headers = {each.id: _read_header(each) for each in studies}
    is_said = all(is_called_urgent(each, ae_title=ae_title) for each in headers.values())
    rules = [] if is_said else await repository.list_rules(session)
    return {
        study_id: find_urgency(header, rules=rules, ae_title=ae_title)
        for study_id, header in headers.items()
    }


def _read_header(study: Study) -> StudyHeader:
    return StudyHeader(
        called_ae_title=study.called_ae_title,
        sender_id=study.sender_id,
        modalities=frozenset(study.modalities),
        station_name=study.station_name,
        study_description=study.study_description,
    )


async def open_cases(
    session: AsyncSession,
    news: Sequence[StudyWithNews],
    *,
    urgencies: Mapping[int, Urgency],
    dispatch_latest: timedelta,
    now: datetime,
) -> list[CaseOpened]:
    """Let each of some studies open a case; no two of them are of one patient at one site.

    Parameters
    ----------
    urgencies
        By study.
    dispatch_latest
        How long after its first image a case that is not P1 may wait for its completeness.
    """
    rows = [
        _write_row(each, urgency=urgencies[each.study.id], dispatch_latest=dispatch_latest, now=now)
        for each in news
    ]
    case_ids = await repository.open_cases(session, rows, now=now)
    return [CaseOpened(case_id=case_ids[each.study.id], study_id=each.study.id) for each in news]


def _write_row(
    new: StudyWithNews, *, urgency: Urgency, dispatch_latest: timedelta, now: datetime
) -> dict[str, Any]:
    study = new.study
    sla = take_snapshot(
        urgency.priority, site_minutes=new.site_minutes, site_escalation=new.site_escalation
    )
    at_once = urgency.priority is Priority.P1
    dispatch_due_at = now if at_once else study.first_image_at + dispatch_latest
    signed_due_at = find_signed_due(sla, first_image_at=study.first_image_at)
    return {
        "study_id": study.id,
        "site_id": study.site_id,
        "patient_id": study.patient_id,
        "priority": urgency.priority.value,
        "priority_reason": urgency.reason,
        "first_image_at": write_instant(study.first_image_at),
        "description": describe([study]),
        "instance_count": count_images(study),
        "signed_due_at": write_instant(signed_due_at),
        "dispatch_due_at": write_instant(dispatch_due_at),
        "signed_within_s": round(sla.signed_within.total_seconds()),
        "steps": sla.to_json(),
    }


async def note_no_request(session: AsyncSession, case_ids: Sequence[int], *, now: datetime) -> None:
    """Say on the timelines of cases that images came for which nobody had asked."""
    await repository.add_events(
        session, [(case_id, {}) for case_id in case_ids], kind=EventKind.NO_REQUEST, now=now
    )
