"""Use cases of images: they open a case, or let it grow."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository
from app.cases.domain.priority import Priority, StudyHeader, Urgency, find_urgency
from app.cases.domain.sla import find_signed_due
from app.cases.domain.states import OPEN_FOR_DISPATCH, CaseState
from app.cases.domain.timeline import EventKind
from app.cases.events import CaseOpened, ImagesAdded
from app.cases.models import Case
from app.cases.service.clocks import take_site_snapshot
from app.intake.models import Study


async def take_news(
    session: AsyncSession,
    study: Study,
    *,
    now: datetime,
    ae_title: str,
    dispatch_latest: timedelta,
) -> CaseOpened | ImagesAdded:
    """Open a case from a study's first image, or let its case grow.

    The caller holds the study's row. New images never move a case back.

    Parameters
    ----------
    study
        One with more instances than were announced.
    ae_title
        Our own.
    dispatch_latest
        How long after its first image a case that is not P1 may wait for its completeness.
    """
    case_id = await repository.find_case_of_study(session, study.id)
    if case_id is None:
        return await _open_case(
            session, study, now=now, ae_title=ae_title, dispatch_latest=dispatch_latest
        )
    return await _grow(session, case_id, study, now=now)


async def _open_case(
    session: AsyncSession,
    study: Study,
    *,
    now: datetime,
    ae_title: str,
    dispatch_latest: timedelta,
) -> CaseOpened:
    urgency = await _find_urgency(session, study, ae_title=ae_title)
    sla = await take_site_snapshot(session, site_id=study.site_id, priority=urgency.priority)
    at_once = urgency.priority is Priority.P1
    case = await repository.add_case(
        session,
        Case(
            site_id=study.site_id,
            patient_id=study.patient_id,
            priority=urgency.priority.value,
            priority_reason=urgency.reason,
            state=CaseState.OPEN.value,
            state_at=now,
            state_reason="first image",
            created_at=now,
            first_image_at=study.first_image_at,
            description=describe([study]),
            instance_count=study.instance_count,
            signed_due_at=find_signed_due(sla, first_image_at=study.first_image_at),
            dispatch_due_at=now if at_once else study.first_image_at + dispatch_latest,
        ),
    )
    await repository.link_study(session, case_id=case.id, study_id=study.id, now=now)
    await repository.add_sla(session, case_id=case.id, sla=sla, now=now)
    study.announced_count = study.instance_count
    return CaseOpened(case_id=case.id, study_id=study.id)


async def _grow(session: AsyncSession, case_id: int, study: Study, *, now: datetime) -> ImagesAdded:
    case = await repository.lock_case(session, case_id)
    studies = await repository.list_studies(session, case_id)
    count = sum(each.instance_count for each in studies)
    after_signature = CaseState(case.state) not in OPEN_FOR_DISPATCH
    await repository.change(
        session,
        case_id,
        instance_count=count,
        description=describe(studies),
        complete_at=None,
        complete_reason=None,
    )
    if after_signature or case.complete_at is not None:
        await repository.add_event(
            session,
            case_id=case_id,
            kind=EventKind.IMAGES_AFTER_SIGNATURE if after_signature else EventKind.IMAGES_ADDED,
            now=now,
            by_user_id=None,
            detail={"study": study.id, "instances": count - case.instance_count, "of": count},
        )
    study.announced_count = study.instance_count
    return ImagesAdded(case_id=case_id, study_id=study.id, after_signature=after_signature)


def describe(studies: Sequence[Study]) -> str:
    """Say in one line what was examined: modalities and descriptions, each once."""
    parts: list[str] = []
    for study in studies:
        text = " ".join([*study.modalities, study.study_description]).strip()
        if text and text not in parts:
            parts.append(text)
    return " + ".join(parts)


async def _find_urgency(session: AsyncSession, study: Study, *, ae_title: str) -> Urgency:
    header = StudyHeader(
        called_ae_title=study.called_ae_title,
        sender_id=study.sender_id,
        modalities=frozenset(study.modalities),
        station_name=study.station_name,
        study_description=study.study_description,
    )
    rules = await repository.list_rules(session)
    return find_urgency(header, rules=rules, ae_title=ae_title)
