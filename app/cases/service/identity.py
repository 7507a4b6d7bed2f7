"""Use cases of identity: whose images a case shows, and what must be settled before a signature."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository
from app.cases.domain.grouping import is_same_patient
from app.cases.domain.states import OPEN_FOR_DISPATCH, CaseState
from app.cases.domain.timeline import EventKind
from app.cases.events import IdentityNoted
from app.cases.models import Case, CaseEvent
from app.cases.service.facts import check_reason
from app.kit.errors import Conflict

_NEWS = {"conflict": EventKind.IDENTITY_CONFLICT, "correction": EventKind.IDENTITY_CORRECTED}
_WHO_IS_IT = frozenset(
    {
        EventKind.STUDY_JOINED,
        EventKind.IDENTITY_CONFLICT,
        EventKind.IDENTITY_CORRECTED,
        EventKind.IDENTITY_CHOSEN,
    }
)


class IdentityOpen(Conflict):
    """Nobody has said yet whose images these are."""

    def __init__(self, case_id: int) -> None:
        super().__init__(
            f"the studies of case {case_id} have several identities: choose the one they are of, "
            "or split the case, before it is signed"
        )
        self.case_id = case_id


async def check_identity_settled(session: AsyncSession, case_id: int) -> None:
    """Let a report be signed only when it is known whose it is.

    Raises
    ------
    IdentityOpen
        If a study has several identities, or the studies of the case are of several patients and
        nobody has said since that they are one.
    """
    if await is_identity_open(session, case_id):
        raise IdentityOpen(case_id)


async def is_identity_open(session: AsyncSession, case_id: int) -> bool:
    """Tell whether somebody must still say whose images the case shows."""
    members = await repository.list_members(session, case_id)
    if any(each.is_identity_open for each in members):
        return True
    if is_same_patient(each.patient for each in members):
        return False
    return not _is_confirmed(await repository.list_events(session, case_id))


def _is_confirmed(events: Sequence[CaseEvent]) -> bool:
    """Tell whether a person has said that it is one patient, after the last doubt."""
    confirmed = False
    for event in events:
        if event.by_user_id is not None and (
            event.kind == EventKind.JOINED or event.detail.get("one_patient")
        ):
            confirmed = True
        elif event.kind in _WHO_IS_IT:
            confirmed = False
    return confirmed


async def note_identity(
    session: AsyncSession, *, study_id: int, patient_id: int, news: str, now: datetime
) -> IdentityNoted | None:
    """Put on the timeline that images of a study came under another identity; ids, never names.

    Parameters
    ----------
    news
        `conflict` or `correction`, as intake calls it.

    Returns
    -------
    IdentityNoted or None
        Nothing when the study has no case.
    """
    return await _note(
        session,
        study_id=study_id,
        patient_id=patient_id,
        kind=_NEWS[news],
        by_user_id=None,
        now=now,
    )


async def note_choice(
    session: AsyncSession,
    *,
    study_id: int,
    patient_id: int,
    reason: str,
    by_user_id: int,
    now: datetime,
) -> IdentityNoted | None:
    """Put on the timeline whose images a study are, and let the patient of its case follow."""
    noted = await _note(
        session,
        study_id=study_id,
        patient_id=patient_id,
        kind=EventKind.IDENTITY_CHOSEN,
        by_user_id=by_user_id,
        now=now,
        reason=reason,
    )
    if noted is not None:
        studies = await repository.list_studies(session, noted.case_id)
        await repository.change(session, noted.case_id, patient_id=studies[0].patient_id)
    return noted


async def confirm_one_patient(
    session: AsyncSession, *, case_id: int, reason: str, by_user_id: int, now: datetime
) -> None:
    """Say that the studies of a case are of one patient, though the hospital wrote several.

    Raises
    ------
    IdentityOpen
        If a study has several identities: one of them must be chosen.
    """
    check_reason(reason)
    await repository.lock_case(session, case_id)
    members = await repository.list_members(session, case_id)
    if any(each.is_identity_open for each in members):
        raise IdentityOpen(case_id)
    await repository.add_event(
        session,
        case_id=case_id,
        kind=EventKind.IDENTITY_CHOSEN,
        now=now,
        by_user_id=by_user_id,
        reason=reason,
        detail={"one_patient": True},
    )
    await repository.touch(session, case_id)


async def _note(
    session: AsyncSession,
    *,
    study_id: int,
    patient_id: int,
    kind: EventKind,
    by_user_id: int | None,
    now: datetime,
    reason: str = "",
) -> IdentityNoted | None:
    case_id = await repository.find_case_of_study(session, study_id)
    if case_id is None:
        return None
    case = await repository.lock_case(session, case_id)
    await repository.add_event(
        session,
        case_id=case_id,
        kind=kind,
        now=now,
        by_user_id=by_user_id,
        reason=reason,
        detail={"study": study_id, "patient": patient_id},
    )
    await repository.touch(session, case_id)
    return IdentityNoted(
        case_id=case_id, study_id=study_id, is_signed=_is_signed(case), reader_id=case.reader_id
    )


def _is_signed(case: Case) -> bool:
    state = CaseState(case.state)
    return state not in OPEN_FOR_DISPATCH and state is not CaseState.VOIDED
