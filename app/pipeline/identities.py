"""Whose images they are: what the hospital says anew, and what a person chooses."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import service as cases
from app.delivery import service as delivery
from app.directory.domain import Actor
from app.intake import service as intake
from app.intake.models import Study
from app.intake.repository import identities
from app.pipeline.reading import user_of
from app.pipeline.results import reissue_report
from app.tasks.domain.kinds import TaskKind


async def identity_changed(session: AsyncSession, study: Study, *, now: datetime) -> None:
    """When images of a study came under another identity, its case says so.

    A report that is signed already may stand under the wrong name: its signer, the coordinator and
    the site are told. Its priors, and itself as one, wait until somebody has chosen. The caller
    holds the study's row.
    """
    news = await identities.list_untold(session, study.id)
    concerned = await delivery.lock_concerned(session, study) if news else []
    for untold in news:
        noted = await cases.note_identity(
            session,
            study_id=study.id,
            patient_id=untold.patient_id,
            news=untold.news or "conflict",
            now=now,
        )
        if noted is not None and noted.is_signed:
            await cases.raise_case_task(
                session,
                TaskKind.CORRECTED_IDENTITY,
                case_id=noted.case_id,
                now=now,
                detail={"study": study.id, "news": untold.news},
            )
    await delivery.send_anew(session, concerned, now=now)
    await intake.identity_news_told(session, study.id, now=now)


async def identity_chosen(
    session: AsyncSession,
    study_id: int,
    *,
    patient_id: int,
    reason: str,
    actor: Actor,
    now: datetime,
    seen_choice_id: int | None = None,
    seen_count: int | None = None,
) -> None:
    """When somebody chooses whose images a study are, its case follows, and so do the priors.

    After the signature the documents are made anew, if they stood under another identity. What was
    seen is what the page showed, as in `choose_identity`.
    """
    chosen = await intake.choose_identity(
        session,
        study_id,
        patient_id,
        actor=actor,
        reason=reason,
        now=now,
        seen_choice_id=seen_choice_id,
        seen_count=seen_count,
    )
    study = await session.get_one(Study, study_id)
    concerned = await delivery.lock_concerned(session, study)
    noted = await cases.note_choice(
        session,
        study_id=study_id,
        patient_id=patient_id,
        reason=reason,
        by_user_id=user_of(actor),
        now=now,
    )
    if noted is not None and noted.is_signed:
        is_other = patient_id != chosen.was_patient_id
        await _chosen_after_signature(session, noted.case_id, is_other=is_other, now=now)
    await delivery.send_anew(session, concerned, now=now)


async def _chosen_after_signature(
    session: AsyncSession, case_id: int, *, is_other: bool, now: datetime
) -> None:
    """When an identity is chosen for a signed case, its documents follow, and the alarm ends."""
    if is_other:
        await reissue_report(session, case_id, now=now)
    if not await cases.is_identity_open(session, case_id):
        await cases.settle_case_task(
            session,
            TaskKind.CORRECTED_IDENTITY,
            case_id=case_id,
            outcome="identity chosen",
            now=now,
        )


async def confirm_one_patient(
    session: AsyncSession, case_id: int, *, reason: str, actor: Actor, now: datetime
) -> None:
    """When somebody says that all studies of a case are one patient's, it may be signed."""
    await cases.confirm_one_patient(
        session, case_id=case_id, reason=reason, by_user_id=user_of(actor), now=now
    )
