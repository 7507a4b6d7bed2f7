"""Whose images they are, and of which site: what a person says on the page of a case."""

from typing import Annotated

from fastapi import APIRouter, Form, Response

from app import pipeline
from app.directory.domain import Permission
from app.web.case_access import enter_case
from app.web.pages.door import Visit, after_action, visit
from app.web.schemas import Key

router = APIRouter(prefix="/cases/{case_id}")

Identifier = Annotated[Visit, visit(Permission.STUDY_IDENTIFY)]
Reason = Annotated[str, Form(min_length=1, max_length=500)]


@router.post("/one-patient")
async def confirm_one_patient(case_id: Key, guest: Identifier, reason: Reason) -> Response:
    """Say that the studies of a case are one patient's, though the hospital wrote several."""
    await enter_case(guest.work, case_id, Permission.STUDY_IDENTIFY)
    await pipeline.confirm_one_patient(
        guest.session, case_id, reason=reason, actor=guest.work.actor, now=guest.work.now
    )
    return after_action(guest, case_id)
