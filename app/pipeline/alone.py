"""From the first images of studies that are alone to cases, all at once.

Alone is what nobody was told of before, that answers no request and joins no case.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import service as cases
from app.cases.events import CaseOpened
from app.directory.service.settings_history import read_values
from app.intake import service as intake
from app.intake.domain.classes import IntakeClass
from app.intake.models import Study
from app.intake.repository.studies import StudyWithNews
from app.requests import service as requests
from app.requests.domain.matching import StudyKey
from app.settings import Settings
from app.tasks.domain.kinds import TaskKind

_KEYS = {*intake.CLASS_KEYS, *cases.GROUPING_KEYS}


async def open_alone(
    session: AsyncSession, news: Sequence[StudyWithNews], *, settings: Settings, now: datetime
) -> list[CaseOpened]:
    """When studies come that are alone, each opens a case; the most urgent first.

    The caller holds the locks of their patients.
    """
    untold = _list_first_of_patients([each for each in news if each.is_untold])
    if not untold:
        return []
    urgencies = await cases.find_urgencies(
        session, [each.study for each in untold], ae_title=settings.ae_title
    )
    alone = await _list_alone(session, untold, settings=settings)
    if not alone:
        return []
    for each in alone:
        each.study.announced_count = each.study.instance_count
    opened = await cases.open_cases(
        session,
        sorted(alone, key=lambda each: urgencies[each.study.id].priority),
        urgencies=urgencies,
        dispatch_latest=settings.dispatch_latest,
        now=now,
    )
    await cases.note_no_request(session, [each.case_id for each in opened], now=now)
    case_ids = {each.study_id: each.case_id for each in opened}
    for each in alone:
        await ask_for_site(session, each.study, case_id=case_ids[each.study.id], now=now)
    return opened


async def _list_alone(
    session: AsyncSession, untold: Sequence[StudyWithNews], *, settings: Settings
) -> list[StudyWithNews]:
    """Class studies, and list the cases among them that neither request nor case waits for."""
    site_ids = {each.study.site_id for each in untold}
    values = await read_values(session, _KEYS, site_ids=site_ids)
    found = await requests.find_for_studies(session, [key_of_study(each) for each in untold])
    groups = await cases.find_groups(session, untold, values=values)
    # Last, so that what it writes is written with the rest, in one statement.
    await intake.classify(session, untold, values=values, settings=settings)
    return [
        each
        for each, request in zip(untold, found, strict=True)
        if request is None
        and each.study.id not in groups
        and each.study.intake_class == IntakeClass.CASE.value
    ]


def _list_first_of_patients(untold: Sequence[StudyWithNews]) -> list[StudyWithNews]:
    """List the first study of each patient: another one of theirs may join its case."""
    first: dict[str, StudyWithNews] = {}
    for each in untold:
        first.setdefault(cases.name_patient(each), each)
    return list(first.values())


def key_of_study(new: StudyWithNews) -> StudyKey:
    """Say what a study is known by to the requests of its site."""
    return StudyKey(
        site_id=new.study.site_id,
        accession_numbers=new.accession_numbers,
        patient_id=new.patient.patient_id,
        at=new.study.first_image_at,
    )


async def ask_for_site(session: AsyncSession, study: Study, *, case_id: int, now: datetime) -> None:
    """When no rule named the site of a study, somebody is asked."""
    if study.site_to_confirm:
        await cases.raise_case_task(
            session,
            TaskKind.CONFIRM_SITE,
            case_id=case_id,
            subject=cases.subject_of_study(study.id),
            now=now,
            detail={"study": study.id, "institution": study.institution_name},
        )
