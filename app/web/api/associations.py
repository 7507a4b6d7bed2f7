"""What arrived by DICOM: the log of associations, and studies as received."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from app.directory.domain import Permission
from app.intake.models import Association
from app.intake.repository import lists
from app.kit.errors import NotFound
from app.web.api.instants import WantedInterval
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import LARGEST_KEY, Key, View

router = APIRouter(tags=["arrivals"])

LogReader = Annotated[Work, needs(Permission.ASSOCIATION_READ)]
StudyReader = Annotated[Work, needs(Permission.STUDY_READ)]
WantedKey = Annotated[int | None, Query(ge=1, le=LARGEST_KEY)]
Outcome = Literal["released", "aborted", "lost", "refused"]
_LARGEST_LIMIT = 500


class StudyUnknown(NotFound):
    """There is no such study."""


class AssociationView(View):
    """An association with us, accepted or refused."""

    id: UUID
    sender_id: int | None
    calling_ae_title: str
    called_ae_title: str
    address: str
    opened_at: datetime
    closed_at: datetime | None
    outcome: str | None
    reason: str | None
    instance_count: int


class StudyListed(View):
    """A study in a list: nothing that tells who the patient is."""

    id: int
    study_instance_uid: str
    site_id: int
    sender_id: int
    called_ae_title: str
    modalities: list[str]
    station_name: str
    study_description: str
    first_image_at: datetime
    last_image_at: datetime
    series_count: int
    instance_count: int
    conflict_count: int
    complete_at: datetime | None
    complete_reason: str | None


class StudyView(StudyListed):
    """A study, with its patient as received."""

    patient_id: str
    patient_name: str
    patient_birth_date: str
    patient_sex: str
    accession_number: str
    study_date: str
    study_time: str
    institution_name: str
    referring_physician_name: str


def _view(rows: Sequence[Association]) -> list[AssociationView]:
    names = AssociationView.model_fields.keys() - {"address"}
    return [
        AssociationView(address=str(row.address), **{name: getattr(row, name) for name in names})
        for row in rows
    ]


@router.get("/associations")
async def list_associations(
    work: LogReader,
    opened: WantedInterval,
    *,
    sender_id: WantedKey = None,
    outcome: Outcome | None = None,
    limit: Annotated[int, Query(ge=1, le=_LARGEST_LIMIT)] = 100,
    before: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
) -> Page[AssociationView]:
    """List the log of associations, newest first."""
    rows = await lists.list_associations(
        work.session,
        scope=work.scope(Permission.ASSOCIATION_READ),
        wanted=lists.AssociationFilter(opened=opened, outcome=outcome, sender_id=sender_id),
        limit=limit + 1,
        before=before,
    )
    more = len(rows) > limit
    return Page(items=_view(rows[:limit]), next=rows[limit - 1].id if more else None)


@router.get("/studies")
async def list_studies(
    work: StudyReader, page: WantedPage, arrived: WantedInterval, site_id: WantedKey = None
) -> Page[StudyListed]:
    """List the studies that arrived for the sites in one's scope, newest first."""
    rows = await lists.list_studies(
        work.session,
        scope=work.scope(Permission.STUDY_READ),
        site_id=site_id,
        arrived=arrived,
        limit=page.fetch,
        before=page.after,
    )
    views = [StudyListed.model_validate(row) for row in rows]
    return cut(views, page=page, keys=[view.id for view in views])


@router.get("/studies/{study_id}", responses=raises(NotFound))
async def show_study(study_id: Key, work: StudyReader) -> StudyView:
    """Show a study with its patient; who looked is logged."""
    found = await lists.find_study(work.session, study_id=study_id)
    if found is None:
        raise StudyUnknown(f"there is no study {study_id}")
    study, patient, site = found
    work.require(Permission.STUDY_READ, society_id=site.society_id, site_id=site.id)
    work.note_access("view", subject="study", subject_id=study.id)
    identity = {name: getattr(patient, name) for name in _IDENTITY}
    names = StudyView.model_fields.keys() - _IDENTITY
    return StudyView(**identity, **{name: getattr(study, name) for name in names})


_IDENTITY = frozenset({"patient_id", "patient_name", "patient_birth_date", "patient_sex"})
