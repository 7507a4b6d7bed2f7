"""Use cases of the case: it opens, grows, completes, changes priority, is set aside."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository
from app.cases.domain.priority import Priority, StudyHeader, Urgency, find_urgency
from app.cases.domain.sla import Sla, find_step_due, take_snapshot
from app.cases.domain.states import OPEN_FOR_DISPATCH, CaseAction, CaseState
from app.cases.domain.timeline import EventKind
from app.cases.events import CaseCompleted, CaseOpened, CaseVoided, ImagesAdded, PriorityChanged
from app.cases.models import Case
from app.intake.models import Study
from app.kit.errors import Conflict, Invalid

_LONGEST_REASON = 500


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
    sla = await _take_snapshot(session, site_id=study.site_id, priority=urgency.priority)
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
            signed_due_at=study.first_image_at + sla.signed_within,
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


async def _take_snapshot(session: AsyncSession, *, site_id: int, priority: Priority) -> Sla:
    minutes = await repository.get_site_minutes(session, site_id)
    return take_snapshot(priority, site_minutes=minutes)


async def note_completeness(
    session: AsyncSession, study_id: int, *, now: datetime
) -> CaseCompleted | None:
    """Label a case complete when the last of its studies is."""
    case_id = await repository.find_case_of_study(session, study_id)
    if case_id is None:
        return None
    case = await repository.lock_case(session, case_id)
    studies = await repository.list_studies(session, case_id)
    if case.complete_at is not None or any(study.complete_at is None for study in studies):
        return None
    reason = "; ".join(dict.fromkeys(study.complete_reason or "" for study in studies))
    due = case.dispatch_due_at
    await repository.change(
        session,
        case_id,
        complete_at=now,
        complete_reason=reason,
        dispatch_due_at=None if due is None else min(due, now),
    )
    await repository.add_event(
        session, case_id=case_id, kind=EventKind.COMPLETE, now=now, by_user_id=None, reason=reason
    )
    return CaseCompleted(case_id=case_id)


async def mark_images_seen(
    session: AsyncSession, *, case_id: int, seen_count: int, by_user_id: int, now: datetime
) -> None:
    """Note that the reader has seen the case's images.

    Parameters
    ----------
    seen_count
        How many the reader's page showed: those that came since stay unseen.

    Raises
    ------
    Invalid
        If the case never had that many.
    """
    case = await repository.lock_case(session, case_id)
    if not 0 <= seen_count <= case.instance_count:
        msg = f"case {case_id} has {case.instance_count} images, not {seen_count}"
        raise Invalid(msg)
    if seen_count <= case.seen_count:
        return
    await repository.change(session, case_id, seen_count=seen_count)
    await repository.add_event(
        session,
        case_id=case_id,
        kind=EventKind.IMAGES_SEEN,
        now=now,
        by_user_id=by_user_id,
        detail={"instances": seen_count},
    )


async def change_priority(
    session: AsyncSession,
    *,
    case_id: int,
    priority: Priority,
    reason: str,
    by_user_id: int,
    now: datetime,
) -> PriorityChanged | None:
    """Give a case another priority and a new snapshot of its clocks; the old one is kept.

    Raises
    ------
    Conflict
        If the case is no longer open for dispatch.
    Invalid
        If no reason is given.
    """
    check_reason(reason)
    case = await repository.lock_case(session, case_id)
    if CaseState(case.state) not in OPEN_FOR_DISPATCH:
        msg = f"case {case_id} is {case.state}: its priority no longer matters"
        raise Conflict(msg)
    if case.priority == priority.value:
        return None
    await _set_clocks(session, case, priority=priority, reason=reason, now=now)
    await repository.add_event(
        session,
        case_id=case_id,
        kind=EventKind.PRIORITY_CHANGED,
        now=now,
        by_user_id=by_user_id,
        reason=reason,
        detail={"from": case.priority, "to": priority.value},
    )
    return PriorityChanged(case_id=case_id)


async def _set_clocks(
    session: AsyncSession, case: Case, *, priority: Priority, reason: str, now: datetime
) -> None:
    sla = await _take_snapshot(session, site_id=case.site_id, priority=priority)
    await repository.add_sla(session, case_id=case.id, sla=sla, now=now)
    offered = CaseState(case.state) is CaseState.NOMINATED
    waiting = case.dispatch_due_at is not None
    done = min(case.step, len(sla.steps))
    await repository.change(
        session,
        case.id,
        priority=priority.value,
        priority_reason=reason,
        signed_due_at=case.first_image_at + sla.signed_within,
        dispatch_due_at=now if waiting and priority is Priority.P1 else case.dispatch_due_at,
        step_due_at=find_step_due(sla, done=done, nominated_at=now) if offered else None,
    )


async def void(
    session: AsyncSession, *, case_id: int, reason: str, by_user_id: int, now: datetime
) -> CaseVoided:
    """Set a case aside for good, from any state; its timeline and its studies stay readable.

    Raises
    ------
    MoveRefused
        If it was voided before.
    Invalid
        If no reason is given.
    """
    check_reason(reason)
    await repository.move(
        session,
        case_id,
        action=CaseAction.VOID,
        now=now,
        by_user_id=by_user_id,
        reason=reason,
        dispatch_due_at=None,
        step_due_at=None,
    )
    await repository.end_links(session, case_id=case_id, now=now)
    return CaseVoided(case_id=case_id)


async def mark_delivered(session: AsyncSession, *, case_id: int, now: datetime) -> None:
    """Move a signed case on: its report has reached every node that was to have it."""
    await repository.move(
        session,
        case_id,
        action=CaseAction.DELIVER,
        now=now,
        by_user_id=None,
        reason="report accepted by the site",
    )


async def find_unclaimed_since(session: AsyncSession, case_id: int) -> datetime | None:
    """Find since when a case has been offered and not taken: the steps of its SLA count from there.

    What a human does starts the count anew: a claim that ends, a reader named by the coordinator,
    another priority.
    """
    since = None
    for event in await repository.list_events(session, case_id):
        by_human = event.by_user_id is not None
        offered = event.state_to == CaseState.NOMINATED
        anew = offered and (by_human or event.state_from != CaseState.NOMINATED)
        if anew or (since is not None and event.kind == EventKind.PRIORITY_CHANGED):
            since = event.at
    return since


def check_reason(reason: str) -> None:
    """Refuse an empty reason, or one that is longer than a timeline shows.

    Raises
    ------
    Invalid
        If it has not 1 to 500 characters.
    """
    if not reason.strip() or len(reason) > _LONGEST_REASON:
        msg = f"say why, in 1 to {_LONGEST_REASON} characters: the timeline keeps it"
        raise Invalid(msg)
