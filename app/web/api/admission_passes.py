"""Passes: a coordinator lets a title of a known address in for some hours."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from app.directory.domain import Permission
from app.directory.models import AdmissionPass
from app.directory.repository.admission_passes import list_passes
from app.directory.service.admission_passes import LONGEST_HOURS, end_admission
from app.kit.errors import Conflict, NotFound
from app.pipeline.admissions import let_in
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import Body, BodyKey, Key, Line, View

router = APIRouter(prefix="/admission-passes", tags=["directory"])

Reader = Annotated[Work, needs(Permission.SENDER_READ)]
Admitter = Annotated[Work, needs(Permission.SENDER_ADMIT)]

_SUBJECT = "admission_pass"


class AdmissionPassView(View):
    """A pass."""

    id: int
    sender_id: int
    calling_ae_title: str
    address: str
    given_at: datetime
    given_by: int
    until: datetime
    ended_at: datetime | None


class AdmissionPassBody(Body):
    """Whom to let in, as the task about the refusal names it."""

    sender_id: BodyKey
    calling_ae_title: Line
    address: Line
    """One of the sender's."""
    hours: Annotated[int, Field(ge=1, le=LONGEST_HOURS)] = LONGEST_HOURS


def _view(row: AdmissionPass) -> AdmissionPassView:
    names = AdmissionPassView.model_fields.keys() - {"address"}
    return AdmissionPassView(
        address=str(row.address), **{name: getattr(row, name) for name in names}
    )


@router.get("")
async def list_admission_passes(work: Reader, page: WantedPage) -> Page[AdmissionPassView]:
    """List the passes in force for the senders of the sites in one's scope."""
    rows = await list_passes(
        work.session,
        scope=work.scope(Permission.SENDER_READ),
        now=work.now,
        limit=page.fetch,
        after=page.after,
    )
    views = [_view(row) for row in rows]
    return cut(views, page=page, keys=[view.id for view in views])


@router.post("", status_code=201, responses=raises(NotFound))
async def create_admission_pass(body: AdmissionPassBody, work: Admitter) -> AdmissionPassView:
    """Let a title in; the gateways admit it from their next renewal on, within a second."""
    row = await let_in(work.session, actor=work.actor, now=work.now, **body.model_dump())
    work.note_access("create", subject=_SUBJECT, subject_id=row.id)
    return _view(row)


@router.delete("/{pass_id}", status_code=204, responses=raises(NotFound, Conflict))
async def delete_admission_pass(pass_id: Key, work: Admitter) -> None:
    """End a pass before its time; associations that are open go on."""
    await end_admission(work.session, actor=work.actor, pass_id=pass_id, now=work.now)
    work.note_access("end", subject=_SUBJECT, subject_id=pass_id)
