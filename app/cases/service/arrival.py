"""Use cases of images: they open a case, join one, or let it grow."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository
from app.cases.domain.grouping import (
    GroupingRule,
    find_group,
    fold_identifier,
    names_somebody,
)
from app.cases.domain.priority import Priority, StudyHeader, Urgency, find_urgency
from app.cases.domain.sla import find_signed_due
from app.cases.domain.states import OPEN_FOR_DISPATCH, CaseState
from app.cases.domain.timeline import EventKind
from app.cases.events import CaseOpened, ImagesAdded, StudyJoined
from app.cases.models import Case
from app.cases.service.clocks import raise_to, take_site_snapshot
from app.cases.service.contents import count_images, describe, take_stock
from app.cases.service.ordered import take_request
from app.db.locks import wait_for_lock
from app.directory.domain.setting_keys import SettingKey
from app.directory.service.settings_history import read_value
from app.intake.models import Study
from app.requests.repository import requests

News = CaseOpened | StudyJoined | ImagesAdded


async def lock_patient(session: AsyncSession, study: Study) -> None:
    """Let only one at a time look for the case of a patient, until the transaction ends.

    Two studies of one patient, told by two schedulers at once, must find each other. Whoever tells
    of several studies takes the locks of all of them first, in the order of `name_patient_lock`.
    """
    await wait_for_lock(session, await name_patient_lock(session, study))


async def name_patient_lock(session: AsyncSession, study: Study) -> str:
    """Name the lock of a study's patient at its site."""
    patient = (await repository.get_member(session, study.id)).patient
    who = fold_identifier(patient.patient_id)
    return f"patient {study.site_id} {patient.domain_id} {who}"


async def take_news(
    session: AsyncSession,
    study: Study,
    *,
    now: datetime,
    ae_title: str,
    dispatch_latest: timedelta,
    request_id: int | None = None,
) -> News | None:
    """Open a case from a study's first image, let it join one, or let its case grow.

    The caller holds the study's row and the lock of its patient. New images never move a case
    back. A study of paper alone waits for its images: it opens nothing.

    Parameters
    ----------
    study
        One with more instances than were announced.
    ae_title
        Our own.
    dispatch_latest
        How long after its first image a case that is not P1 may wait for its completeness.
    request_id
        The request that it answers, when one was found.
    """
    event: News | None = None
    case = await _lock_case_of_study(session, study.id)
    if case is not None and not await _is_made_a_case_again(session, study):
        event = await _grow(session, case, study, now=now)
    elif count_images(study):
        event = await _find_place(
            session,
            study,
            urgency=await _find_urgency(session, study, ae_title=ae_title),
            request_id=request_id,
            dispatch_latest=dispatch_latest,
            now=now,
        )
    study.announced_count = study.instance_count
    return event


async def _is_made_a_case_again(session: AsyncSession, study: Study) -> bool:
    """Tell whether a person has called a study a case after it had left the one it had.

    Its news starts anew then. Late images of a case that was voided for itself open no other one.
    """
    standing = await repository.find_standing_case_of_study(session, study.id)
    return standing is None and not study.announced_count


async def _lock_case_of_study(session: AsyncSession, study_id: int) -> Case | None:
    """Lock the case of a study; while one waits for the lock, a person may move the study on."""
    case_id = await repository.find_case_of_study(session, study_id)
    while case_id is not None:
        case = await repository.lock_case(session, case_id)
        standing = await repository.find_case_of_study(session, study_id)
        if standing == case_id:
            return case
        case_id = standing
    return None


async def _find_place(
    session: AsyncSession,
    study: Study,
    *,
    urgency: Urgency,
    request_id: int | None,
    dispatch_latest: timedelta,
    now: datetime,
) -> CaseOpened | StudyJoined:
    case = await _lock_case_to_join(session, study, request_id=request_id)
    if case is None:
        case = await _open_case(
            session, study, urgency=urgency, now=now, dispatch_latest=dispatch_latest
        )
        opened = True
    else:
        await _join(session, case, study, urgency=urgency, now=now, dispatch_latest=dispatch_latest)
        opened = False
    if (
        request_id is not None
        and await repository.find_case_of_request(session, request_id) is None
    ):
        await take_request(session, case.id, request_id=request_id, now=now)
    if opened:
        return CaseOpened(case_id=case.id, study_id=study.id)
    return StudyJoined(case_id=case.id, study_id=study.id)


async def _lock_case_to_join(
    session: AsyncSession, study: Study, *, request_id: int | None
) -> Case | None:
    """Lock the case of the request that the study answers, else that of the same patient."""
    case = None
    if request_id is not None:
        # Two studies of one request may come under two identities: no patient's lock helps then.
        await requests.lock_request(session, request_id)
        asked = await repository.find_case_of_request(session, request_id)
        case = await _lock_unsigned(session, asked)
    return case or await _lock_unsigned(session, await _find_group(session, study))


async def _lock_unsigned(session: AsyncSession, case_id: int | None) -> Case | None:
    if case_id is None:
        return None
    case = await repository.lock_case(session, case_id)
    # It may have been signed while this waited for it: then the study is a question of its own.
    return case if CaseState(case.state) in OPEN_FOR_DISPATCH else None


async def _find_group(session: AsyncSession, study: Study) -> int | None:
    rule = await read_grouping_rule(session, study.site_id)
    member = await repository.get_member(session, study.id)
    if not names_somebody(member.patient, dummies=rule.dummies):
        return None
    candidates = await repository.list_candidates(session, member)
    return find_group(member, cases=candidates, rule=rule)


async def read_grouping_rule(session: AsyncSession, site_id: int) -> GroupingRule:
    """Read the rule that is in force at a site."""
    minutes = await read_value(session, SettingKey.GROUPING_MINUTES, site_id=site_id)
    dummies = await read_value(session, SettingKey.DUMMY_PATIENT_IDS, site_id=site_id)
    return GroupingRule(within=timedelta(minutes=minutes), dummies=frozenset(dummies))


async def _open_case(
    session: AsyncSession,
    study: Study,
    *,
    urgency: Urgency,
    now: datetime,
    dispatch_latest: timedelta,
) -> Case:
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
            instance_count=count_images(study),
            signed_due_at=find_signed_due(sla, first_image_at=study.first_image_at),
            dispatch_due_at=now if at_once else study.first_image_at + dispatch_latest,
        ),
    )
    await repository.link_study(session, case_id=case.id, study_id=study.id, now=now)
    await repository.add_sla(session, case_id=case.id, sla=sla, now=now)
    return case


async def _join(
    session: AsyncSession,
    case: Case,
    study: Study,
    *,
    urgency: Urgency,
    now: datetime,
    dispatch_latest: timedelta,
) -> None:
    awaited = case.first_image_at is None
    await repository.link_study(session, case_id=case.id, study_id=study.id, now=now)
    await repository.add_event(
        session,
        case_id=case.id,
        kind=EventKind.STUDY_JOINED,
        now=now,
        by_user_id=None,
        detail={"study": study.id, "instances": count_images(study)},
    )
    columns: dict[str, object] = {}
    if awaited:
        at_once = case.priority == Priority.P1
        columns["dispatch_due_at"] = now if at_once else study.first_image_at + dispatch_latest
    case = await take_stock(session, case.id, **columns)
    await raise_to(session, case, urgency=urgency, now=now)


async def _grow(session: AsyncSession, case: Case, study: Study, *, now: datetime) -> ImagesAdded:
    studies = await repository.list_studies(session, case.id)
    count = sum(count_images(each) for each in studies)
    fresh = max(0, count - case.instance_count)
    after_signature = CaseState(case.state) not in OPEN_FOR_DISPATCH
    columns: dict[str, object] = {"instance_count": count, "description": describe(studies)}
    if fresh:
        columns |= {"complete_at": None, "complete_reason": None}
    await repository.change(session, case.id, **columns)
    if fresh and (after_signature or case.complete_at is not None):
        await repository.add_event(
            session,
            case_id=case.id,
            kind=EventKind.IMAGES_AFTER_SIGNATURE if after_signature else EventKind.IMAGES_ADDED,
            now=now,
            by_user_id=None,
            detail={"study": study.id, "instances": fresh, "of": count},
        )
    return ImagesAdded(
        case_id=case.id,
        study_id=study.id,
        image_count=fresh,
        unseen_count=max(0, count - case.seen_count),
        after_signature=after_signature,
        is_task=after_signature and case.state != CaseState.VOIDED,
    )


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
