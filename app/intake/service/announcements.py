"""Use cases of announced numbers: hear them, and weigh them against what has arrived."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.notify import WORK, notify
from app.intake.domain.announcements import (
    AnnouncementHeard,
    Expectation,
    Said,
    Source,
    Statement,
    believe,
    cut_out,
    judge,
    summarise,
)
from app.intake.domain.completeness import Waits, expect_completeness
from app.intake.models import Announcement, Study
from app.intake.repository import announcements as repository
from app.kit.errors import Invalid, NotFound

_log = structlog.get_logger(__name__)
_JOB = "studies"
_BY_PEOPLE = frozenset({Source.HOSPITAL, Source.REQUEST})
_FINISHED = "the hospital said that the exam is finished"


async def hear(
    session: AsyncSession, heard: Sequence[AnnouncementHeard], *, waits: Waits
) -> frozenset[int]:
    """Record what senders announced, and weigh it; a repeat changes nothing.

    What is about a study that has no image yet is kept until images come.

    Returns
    -------
    frozenset
        The studies that it is about, as far as they are here.
    """
    domains = await repository.find_domains(session, {each.sender_id for each in heard})
    known = [each for each in heard if each.sender_id in domains]
    for each in heard:
        if each.sender_id not in domains:
            _log.warning("announcement_of_no_sender", sender_id=each.sender_id)
    steps = await repository.find_steps(
        session, {(domains[each.sender_id], each.step_uid) for each in known}
    )
    about: set[int] = set()
    rows = []
    for each in known:
        domain_id = domains[each.sender_id]
        of_step = steps.setdefault((domain_id, each.step_uid), set())
        uid = each.study_instance_uid or (next(iter(of_step)) if len(of_step) == 1 else "")
        if uid:
            of_step.add(uid)
        rows.append(_make_row(each, domain_id=domain_id, study_instance_uid=uid))
        about |= await _find_studies(session, each, domain_id=domain_id, study_instance_uid=uid)
    await repository.add(session, rows)
    await _weigh_again(session, about, waits=waits)
    return frozenset(about)


async def _find_studies(
    session: AsyncSession, heard: AnnouncementHeard, *, domain_id: int, study_instance_uid: str
) -> set[int]:
    if study_instance_uid:
        return await repository.find_studies_named(
            session, domain_id=domain_id, study_instance_uid=study_instance_uid
        )
    return await repository.find_studies_holding(
        session, domain_id=domain_id, sop_instance_uids=heard.sop_instance_uids
    )


def _make_row(
    heard: AnnouncementHeard, *, domain_id: int, study_instance_uid: str
) -> repository.Row:
    return {
        "id": heard.announcement_id,
        "domain_id": domain_id,
        "study_instance_uid": study_instance_uid,
        "step_uid": heard.step_uid,
        "source": heard.source.value,
        "said_at": heard.said_at,
        "instance_count": heard.instance_count,
        "sop_instance_uids": list(heard.sop_instance_uids),
        "is_final": heard.is_final,
    }


async def note_count(
    session: AsyncSession,
    *,
    study_id: int,
    announcement_id: UUID,
    count: int,
    waits: Waits,
    now: datetime,
) -> None:
    """Record what the sender of a study answered to C-FIND, and weigh it."""
    study = await _lock(session, study_id)
    row = {
        "id": announcement_id,
        "domain_id": study.domain_id,
        "study_instance_uid": study.study_instance_uid,
        "source": Source.C_FIND.value,
        "said_at": now,
        "instance_count": count,
    }
    await repository.add(session, [row])
    await _weigh_again(session, [study_id], waits=waits)


async def announce(
    session: AsyncSession,
    study_ids: Collection[int],
    *,
    source: Source,
    count: int,
    waits: Waits,
) -> Expectation | None:
    """Take the number of images that a person announced, in the request or on the hospital's page.

    A number for several studies together cannot be shared among them: it counts for a single one,
    and is forgotten when a second one comes.

    Parameters
    ----------
    source
        `REQUEST` or `HOSPITAL`.
    count
        Images; positive.

    Returns
    -------
    Expectation or None
        What is believed now; nothing of several, or when what has arrived refutes the number.

    Raises
    ------
    Invalid
        If the number is not positive, or nobody says it who is a person.
    NotFound
        If there is no such study.
    """
    spoken = _take_word(source, count=count)
    if len(set(study_ids)) != 1:
        await _forget(session, study_ids, source=source, waits=waits)
        return None
    study = await _lock(session, next(iter(study_ids)))
    found = await _weigh_one(session, study, spoken=spoken)
    await _apply(session, [(study, found)], waits=waits)
    return found


def _take_word(source: Source, *, count: int) -> Statement:
    if count < 1 or source not in _BY_PEOPLE:
        raise Invalid("a person announces one image or more, in a request or for the hospital")
    return Statement(source, count)


async def finish_exam(
    session: AsyncSession, study_ids: Collection[int], *, by_user_id: int, now: datetime
) -> frozenset[int]:
    """Take the hospital's word that the exam is over: what has all its images is complete.

    A study that lacks announced images waits for them as before; they may be on their way.

    Returns
    -------
    frozenset
        The studies that count as complete now; the job `studies` tells their cases.
    """
    finished = set()
    for study in await repository.lock_studies(session, study_ids):
        found = await _weigh_one(session, study)
        if study.complete_at is None and (found is None or found.is_met):
            study.complete_due_at = min(now, study.complete_due_at)
            study.complete_reason = _FINISHED
            study.expected_by = study.expected_by or Source.HOSPITAL.value
            finished.add(study.id)
    await session.flush()
    await notify(session, channel=WORK, payload=_JOB)
    _log.info("exam_finished", studies=sorted(study_ids), user_id=by_user_id)
    return frozenset(finished)


async def _forget(
    session: AsyncSession, study_ids: Collection[int], *, source: Source, waits: Waits
) -> None:
    for study in await repository.lock_studies(session, study_ids):
        if study.expected_by == source.value:
            study.expected_count = None
            await _apply(session, [(study, await _weigh_one(session, study))], waits=waits)


async def _lock(session: AsyncSession, study_id: int) -> Study:
    found = await repository.lock_studies(session, [study_id])
    if not found:
        raise NotFound(f"there is no study {study_id}")
    return found[0]


async def _weigh_again(session: AsyncSession, study_ids: Iterable[int], *, waits: Waits) -> None:
    studies = await repository.lock_studies(session, study_ids)
    if studies:
        await weigh(session, studies, waits=waits)
        await notify(session, channel=WORK, payload=_JOB)


async def weigh(session: AsyncSession, studies: Collection[Study], *, waits: Waits) -> None:
    """Compare what arrived of locked studies with what was announced, and set their labels.

    Studies of which nobody spoke stay as they are.
    """
    if not studies:
        return
    counted = any(each.expected_count is not None for each in studies)
    if not counted and not await repository.has_any(session, studies):
        # With each batch of images: nearly always one question, and no answer.
        return
    said = await _gather(session, studies)
    found = [
        (study, await _weigh_one(session, study, said=said[study.id]))
        for study in studies
        if said[study.id] or study.expected_count is not None
    ]
    await _apply(session, found, waits=waits)


async def _weigh_one(
    session: AsyncSession,
    study: Study,
    *,
    said: Sequence[Said] | None = None,
    spoken: Statement | None = None,
) -> Expectation | None:
    if said is None:
        said = (await _gather(session, [study]))[study.id]
    statements = [*summarise(said), *_recall(study), *([spoken] if spoken else [])]
    by_source = {each.source: each for each in statements}
    return believe(
        [
            (
                each,
                await repository.count_arrived(session, study_id=study.id, named=each.named),
            )
            for each in by_source.values()
        ]
    )


def _recall(study: Study) -> list[Statement]:
    """Recall what a person said of a study: it stands in its row only."""
    if study.expected_count is None or study.expected_by not in _BY_PEOPLE:
        return []
    return [Statement(Source(study.expected_by), study.expected_count)]


async def _apply(
    session: AsyncSession, found: Iterable[tuple[Study, Expectation | None]], *, waits: Waits
) -> None:
    for study, expectation in found:
        # What was refuted is forgotten: "60 of 31" helps nobody.
        study.expected_count = expectation.count if expectation else None
        study.expected_by = expectation.source.value if expectation else None
        if study.complete_at is None:
            silent = expect_completeness(
                study.modalities, last_image_at=study.last_image_at, waits=waits
            )
            label = judge(silent, expectation=expectation, last_image_at=study.last_image_at)
            study.complete_due_at = label.due_at
            study.complete_reason = label.reason
    await session.flush()


async def _gather(session: AsyncSession, studies: Collection[Study]) -> dict[int, list[Said]]:
    """Gather what was said of each study, by its UID or by the names of instances."""
    senders = await repository.find_domains(session, {each.sender_id for each in studies})
    domains = {each.id: {each.domain_id, senders[each.sender_id]} for each in studies}
    everywhere = set().union(*domains.values())
    named = await repository.list_of_studies(session, domain_ids=everywhere, studies=studies)
    said = {
        study.id: [
            _read(row, frozenset(row.sop_instance_uids))
            for row in named
            if row.study_instance_uid == study.study_instance_uid
            and row.domain_id in domains[study.id]
        ]
        for study in studies
    }
    for row in await repository.list_loose(session, domain_ids=everywhere, studies=studies):
        places = await repository.find_places(
            session, domain_ids=[row.domain_id], sop_instance_uids=row.sop_instance_uids
        )
        for study in studies:
            if row.domain_id in domains[study.id]:
                ours = cut_out(frozenset(row.sop_instance_uids), study_id=study.id, places=places)
                said[study.id] += [_read(row, ours)] if ours else []
    return said


def _read(row: Announcement, ours: frozenset[str]) -> Said:
    return Said(
        source=Source(row.source),
        step_uid=row.step_uid,
        said_at=row.said_at,
        instance_count=len(ours) or row.instance_count,
        sop_instance_uids=ours,
        is_final=row.is_final,
    )
