"""Settle whose images a study are."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, require
from app.intake.events import IdentityChosen
from app.intake.models import IdentityChoice, Study
from app.intake.repository import identities as repository
from app.intake.service.found import check_reason, lock_study, person_of
from app.kit.errors import Conflict, Invalid

# What of a study's attributes says of whom it is (PS3.3 §C.7.1.1, §C.2.2): group 0010, and the
# character set that its texts were written in.
_OF_PATIENT = ("0010",)
_CHARACTER_SET = "00080005"


class IdentityUnknown(Invalid):
    """The study has no image under this identity."""


class IdentityMoved(Conflict):
    """Somebody chose another identity meanwhile, or images came under one that was not shown."""


async def choose_identity(
    session: AsyncSession,
    study_id: int,
    patient_id: int,
    *,
    actor: Actor,
    reason: str,
    now: datetime,
    seen_choice_id: int | None = None,
    seen_count: int | None = None,
) -> IdentityChosen:
    """Settle by an identity's key whose images a study are; the other identities are rejected.

    Parameters
    ----------
    seen_choice_id
        The last choice that the page showed, if any.
    seen_count
        How many identities it showed; absent, nobody knows. A choice settles all that there are.

    Raises
    ------
    StudyUnknown, IdentityUnknown
        If there is no such study, or it came under no such identity.
    IdentityMoved
        If somebody chose another one, or one more came, since the page was shown.
    Invalid
        If no reason is given, or too long a one.
    """
    study = await _lock_as(session, study_id, actor=actor)
    await _check_unmoved(session, study_id, patient_id=patient_id, seen_choice_id=seen_choice_id)
    await _check_all_seen(session, study_id, seen_count=seen_count)
    return await _settle(
        session,
        study=study,
        patient_id=patient_id,
        actor=actor,
        reason=check_reason(reason),
        now=now,
    )


async def _lock_as(session: AsyncSession, study_id: int, *, actor: Actor) -> Study:
    found = await lock_study(session, study_id)
    where = {"site_id": found.study.site_id, "society_id": found.society_id}
    require(actor, Permission.STUDY_IDENTIFY, **where)
    return found.study


async def _check_unmoved(
    session: AsyncSession, study_id: int, *, patient_id: int, seen_choice_id: int | None
) -> None:
    last = await repository.find_last_choice(session, study_id)
    if last is not None and last.id != seen_choice_id and last.patient_id != patient_id:
        raise IdentityMoved(f"study {study_id} was given another identity meanwhile; look again")


async def _check_all_seen(session: AsyncSession, study_id: int, *, seen_count: int | None) -> None:
    # The study is locked: none comes between this and the choice.
    if seen_count is not None and seen_count != await repository.count_identities(
        session, study_id
    ):
        raise IdentityMoved(f"study {study_id} came under one more identity meanwhile; look again")


async def _settle(
    session: AsyncSession,
    *,
    study: Study,
    patient_id: int,
    actor: Actor,
    reason: str,
    now: datetime,
) -> IdentityChosen:
    was = study.patient_id
    chosen = await repository.find_of_study(session, study_id=study.id, patient_id=patient_id)
    if chosen is None:
        raise IdentityUnknown(f"study {study.id} has no image under identity {patient_id}")
    choice = IdentityChoice(
        study_id=study.id,
        patient_id=patient_id,
        chosen_at=now,
        chosen_by=person_of(actor),
        reason=reason,
    )
    await repository.add_choice(session, choice)
    study.patient_id = patient_id
    study.as_received = replace_patient(study.as_received, chosen.as_received)
    study.identity_open = False
    await repository.note_all_told(session, study.id, now=choice.chosen_at)
    await session.flush()
    return IdentityChosen(
        study_id=study.id,
        patient_id=patient_id,
        was_patient_id=was,
        by_user_id=choice.chosen_by,
        reason=choice.reason,
        at=choice.chosen_at,
    )


def replace_patient(
    of_study: dict[str, object], of_identity: dict[str, object]
) -> dict[str, object]:
    """Take the patient's attributes from one data set and all others from the other.

    The documents copy them in one character set: DICOM JSON is decoded text, so the identity's own
    set only says in which one its text can be written back.
    """
    kept = {tag: value for tag, value in of_study.items() if not tag.startswith(_OF_PATIENT)}
    taken = {tag: value for tag, value in of_identity.items() if tag.startswith(_OF_PATIENT)}
    if _CHARACTER_SET in of_identity:
        taken[_CHARACTER_SET] = of_identity[_CHARACTER_SET]
    return {**kept, **taken}


async def identity_news_told(session: AsyncSession, study_id: int, *, now: datetime) -> None:
    """Note that the case of a study was told of its identities."""
    await repository.note_told(session, study_id, now=now)
