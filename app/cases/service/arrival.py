"""Use cases of images: they open a case, join one, or let it grow."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository
from app.cases.domain.grouping import (
    GroupingRule,
    find_group,
    fold_identifier,
    names_somebody,
)
from app.cases.domain.priority import Priority, Urgency
from app.cases.domain.states import OPEN_FOR_DISPATCH, CaseState
from app.cases.domain.timeline import EventKind
from app.cases.events import CaseOpened, ImagesAdded, StudyJoined
from app.cases.models import Case
from app.cases.service.clocks import raise_to
from app.cases.service.contents import count_images, describe, take_stock
from app.cases.service.opening import find_urgencies, open_cases
from app.cases.service.ordered import take_request
from app.db.locks import wait_for_locks
from app.directory.domain.setting_keys import SettingKey
from app.directory.service.settings_history import ValuesInForce, read_values
from app.intake.models import Study
from app.intake.repository.studies import StudyWithNews
from app.requests.repository import requests

News = CaseOpened | StudyJoined | ImagesAdded


async def lock_patients(session: AsyncSession, news: Iterable[StudyWithNews]) -> None:
    """Let only one at a time look for the cases of some patients, until the transaction ends.

    Two studies of one patient, told by two schedulers at once, must find each other.
    """
    await wait_for_locks(session, {name_patient(each) for each in news})


def name_patient(new: StudyWithNews) -> str:
    """Name a study's patient at its site, as its lock is called."""
    who = fold_identifier(new.patient.patient_id)
    return f"patient {new.study.site_id} {new.patient.domain_id} {who}"


async def take_news(
    session: AsyncSession,
    new: StudyWithNews,
    *,
    now: datetime,
    ae_title: str,
    dispatch_latest: timedelta,
    request_id: int | None = None,
) -> News | None:
    """Open a case from a study's first image, let it join one, or let its case grow.

    The caller holds the study's row and its patient's lock. New images never move a case back; a
    study of paper alone opens nothing.

    Parameters
    ----------
    new
        A study with more instances than were announced.
    dispatch_latest
        How long after its first image a case that is not P1 may wait for its completeness.
    request_id
        The request that it answers, when one was found.
    """
    event: News | None = None
    study = new.study
    case = await _lock_case_of_study(session, study.id)
    if case is not None and not await _is_made_a_case_again(session, study):
        event = await _grow(session, case, study, now=now)
    elif count_images(study):
        urgencies = await find_urgencies(session, [study], ae_title=ae_title)
        event = await _find_place(
            session,
            new,
            urgency=urgencies[study.id],
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
    new: StudyWithNews,
    *,
    urgency: Urgency,
    request_id: int | None,
    dispatch_latest: timedelta,
    now: datetime,
) -> CaseOpened | StudyJoined:
    event: CaseOpened | StudyJoined
    study = new.study
    case = await _lock_case_to_join(session, new, request_id=request_id)
    if case is None:
        (event,) = await open_cases(
            session,
            [new],
            urgencies={study.id: urgency},
            dispatch_latest=dispatch_latest,
            now=now,
        )
    else:
        await _join(session, case, study, urgency=urgency, now=now, dispatch_latest=dispatch_latest)
        event = StudyJoined(case_id=case.id, study_id=study.id)
    if (
        request_id is not None
        and await repository.find_case_of_request(session, request_id) is None
    ):
        await take_request(session, event.case_id, request_id=request_id, now=now)
    return event


async def _lock_case_to_join(
    session: AsyncSession, new: StudyWithNews, *, request_id: int | None
) -> Case | None:
    """Lock the case of the request that the study answers, else that of the same patient."""
    case = None
    if request_id is not None:
        # Two studies of one request may come under two identities: no patient's lock helps then.
        await requests.lock_request(session, request_id)
        asked = await repository.find_case_of_request(session, request_id)
        case = await _lock_unsigned(session, asked)
    if case is not None:
        return case
    values = await read_values(session, GROUPING_KEYS, site_ids=[new.study.site_id])
    groups = await find_groups(session, [new], values=values)
    return await _lock_unsigned(session, groups.get(new.study.id))


async def _lock_unsigned(session: AsyncSession, case_id: int | None) -> Case | None:
    if case_id is None:
        return None
    case = await repository.lock_case(session, case_id)
    # It may have been signed while this waited for it: then the study is a question of its own.
    return case if CaseState(case.state) in OPEN_FOR_DISPATCH else None


GROUPING_KEYS = (SettingKey.GROUPING_MINUTES, SettingKey.DUMMY_PATIENT_IDS)
"""The settings by which studies are grouped."""


async def find_groups(
    session: AsyncSession, news: Iterable[StudyWithNews], *, values: Mapping[int, ValuesInForce]
) -> dict[int, int]:
    """Find the cases that some studies belong to; a study that opens its own is absent.

    Parameters
    ----------
    values
        Of `GROUPING_KEYS`, in force at their sites.
    """
    rules = {site_id: _read_rule(each) for site_id, each in values.items()}
    made = {each.study.id: repository.make_member(each.study, each.patient) for each in news}
    members = {
        study_id: member
        for study_id, member in made.items()
        if names_somebody(member.patient, dummies=rules[member.site_id].dummies)
    }
    candidates = await repository.list_candidates(session, list(members)) if members else []
    groups = {
        study_id: find_group(member, cases=candidates, rule=rules[member.site_id])
        for study_id, member in members.items()
    }
    return {study_id: case_id for study_id, case_id in groups.items() if case_id is not None}


def _read_rule(values: ValuesInForce) -> GroupingRule:
    return GroupingRule(
        within=timedelta(minutes=values[SettingKey.GROUPING_MINUTES]),
        dummies=frozenset(values[SettingKey.DUMMY_PATIENT_IDS]),
    )


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
