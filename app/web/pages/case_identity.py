"""Whose images they are, and of which site: what a person says on the page of a case."""

from typing import Annotated

from fastapi import APIRouter, Form, Response

from app import pipeline
from app.cases.repository import list_studies
from app.directory.domain import Permission
from app.kit.errors import NotFound
from app.web.case_access import enter_case
from app.web.pages.door import Visit, after_action, visit
from app.web.schemas import LARGEST_KEY, Key

router = APIRouter(prefix="/cases/{case_id}")

Identifier = Annotated[Visit, visit(Permission.STUDY_IDENTIFY)]
Reason = Annotated[str, Form(min_length=1, max_length=500)]

Sorter = Annotated[Visit, visit(Permission.STUDY_SORT)]
Id = Annotated[int, Form(ge=1, le=LARGEST_KEY)]
ChoiceSeen = Annotated[str, Form(pattern=r"^[1-9][0-9]{0,17}$|^$")]
"""A form sends its empty fields too, and they mean nothing."""


async def _check_study(guest: Visit, case_id: int, study_id: int) -> None:
    """Refuse a study that the case does not have; the use cases judge the rest by its site."""
    studies = await list_studies(guest.session, case_id)
    if study_id not in {study.id for study in studies}:
        raise NotFound(f"case {case_id} has no study {study_id}")


@router.post("/studies/{study_id}/identity")
async def choose_identity(
    case_id: Key,
    study_id: Key,
    guest: Identifier,
    patient_id: Id,
    reason: Reason,
    seen_choice_id: ChoiceSeen = "",
    seen_count: Annotated[int | None, Form(ge=1, le=LARGEST_KEY)] = None,
) -> Response:
    """Say whose images a study are."""
    await enter_case(guest.work, case_id, Permission.STUDY_IDENTIFY)
    await _check_study(guest, case_id, study_id)
    await pipeline.identity_chosen(
        guest.session,
        study_id,
        patient_id=patient_id,
        reason=reason,
        actor=guest.work.actor,
        now=guest.work.now,
        seen_choice_id=int(seen_choice_id) if seen_choice_id else None,
        seen_count=seen_count,
    )
    return after_action(guest, case_id)


@router.post("/studies/{study_id}/site")
async def confirm_site(case_id: Key, study_id: Key, guest: Sorter, site_id: Id) -> Response:
    """Say of which site a study is."""
    await enter_case(guest.work, case_id, Permission.STUDY_SORT)
    await _check_study(guest, case_id, study_id)
    await pipeline.confirm_site(
        guest.session, study_id, site_id=site_id, actor=guest.work.actor, now=guest.work.now
    )
    return after_action(guest, case_id)


@router.post("/one-patient")
async def confirm_one_patient(case_id: Key, guest: Identifier, reason: Reason) -> Response:
    """Say that the studies of a case are one patient's, though the hospital wrote several."""
    await enter_case(guest.work, case_id, Permission.STUDY_IDENTIFY)
    await pipeline.confirm_one_patient(
        guest.session, case_id, reason=reason, actor=guest.work.actor, now=guest.work.now
    )
    return after_action(guest, case_id)
