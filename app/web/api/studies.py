"""Studies as received: whose they are, of which site, and what they are for us."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from app import pipeline
from app.directory.domain import Permission
from app.intake.domain.classes import IntakeClass
from app.intake.repository import lists
from app.kit.errors import Conflict, NotFound
from app.web.api.instants import WantedInterval
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import LARGEST_KEY, Body, BodyKey, Key, Line, View
from app.web.study_access import enter_study

router = APIRouter(prefix="/studies", tags=["arrivals"])

Reader = Annotated[Work, needs(Permission.STUDY_READ)]
Sorter = Annotated[Work, needs(Permission.STUDY_SORT)]
Identifier = Annotated[Work, needs(Permission.STUDY_IDENTIFY)]
WantedKey = Annotated[int | None, Query(ge=1, le=LARGEST_KEY)]


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
    image_count: int
    paper_count: int
    conflict_count: int
    intake_class: IntakeClass | None
    """Absent: not looked at yet, or paper only."""
    intake_reason: str
    identity_open: bool
    site_to_confirm: bool
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


class IdentityView(View):
    """An identity under which images of a study came; the one in force is the study's."""

    id: int
    patient_id: str
    issuer_of_patient_id: str
    patient_name: str
    patient_birth_date: str
    patient_sex: str
    instance_count: int
    is_correction: bool
    first_seen_at: datetime
    last_seen_at: datetime
    in_force: bool


class IdentitiesView(View):
    """All identities of a study, side by side."""

    identity_open: bool
    last_choice_id: int | None
    """To be sent with a choice: it is refused if somebody chose meanwhile."""
    items: list[IdentityView]


class ClassBody(Body):
    """What somebody says a study is."""

    intake_class: IntakeClass
    reason: Line


class IdentityBody(Body):
    """Whose images somebody says a study are."""

    identity_id: BodyKey
    """`id` of one of the study's identities."""
    reason: Line
    seen_choice_id: Annotated[int | None, Field(ge=1, le=LARGEST_KEY)] = None
    seen_count: Annotated[int | None, Field(ge=1, le=LARGEST_KEY)] = None
    """How many identities were shown: the choice is refused when one more came meanwhile."""


class SiteBody(Body):
    """Of which site somebody says a study is."""

    site_id: BodyKey


@router.get("")
async def list_studies(
    work: Reader,
    page: WantedPage,
    arrived: WantedInterval,
    *,
    site_id: WantedKey = None,
    intake_class: IntakeClass | None = None,
    no_case: Annotated[bool, Query(description="only what is no case")] = False,
) -> Page[StudyListed]:
    """List the studies that arrived for the sites in one's scope, newest first."""
    rows = await lists.list_studies(
        work.session,
        scope=work.scope(Permission.STUDY_READ),
        wanted=lists.StudyFilter(
            site_id=site_id,
            arrived=arrived,
            intake_class=None if intake_class is None else intake_class.value,
            no_case=no_case,
        ),
        limit=page.fetch,
        before=page.after,
    )
    views = [StudyListed.model_validate(row) for row in rows]
    return cut(views, page=page, keys=[view.id for view in views])


@router.get("/{study_id}", responses=raises(NotFound))
async def show_study(study_id: Key, work: Reader) -> StudyView:
    """Show a study with its patient; who looked is logged."""
    study, patient, _ = await enter_study(work, study_id)
    work.note_access("view", subject="study", subject_id=study.id)
    identity = {name: getattr(patient, name) for name in _IDENTITY}
    names = StudyView.model_fields.keys() - _IDENTITY
    return StudyView(**identity, **{name: getattr(study, name) for name in names})


_IDENTITY = frozenset({"patient_id", "patient_name", "patient_birth_date", "patient_sex"})


@router.get("/{study_id}/identities", responses=raises(NotFound))
async def list_identities(study_id: Key, work: Reader) -> IdentitiesView:
    """List the identities under which a study came; who looked is logged."""
    study, _, _ = await enter_study(work, study_id)
    work.note_access("view", subject="study", subject_id=study.id)
    listed = await lists.list_identities(work.session, study_id=study_id)
    return IdentitiesView(
        identity_open=study.identity_open,
        last_choice_id=listed.last_choice_id,
        items=[
            IdentityView(
                **{name: getattr(patient, name) for name in _OF_PATIENT},
                **{name: getattr(row, name) for name in _OF_ROW},
                in_force=patient.id == study.patient_id,
            )
            for row, patient in listed.rows
        ],
    )


_OF_PATIENT = _IDENTITY | {"id", "issuer_of_patient_id"}
_OF_ROW = frozenset({"instance_count", "is_correction", "first_seen_at", "last_seen_at"})


@router.post("/{study_id}/identity", status_code=204, responses=raises(NotFound, Conflict))
async def choose_identity(study_id: Key, body: IdentityBody, work: Identifier) -> None:
    """Say whose images a study are; its case and its documents follow."""
    await enter_study(work, study_id, Permission.STUDY_IDENTIFY)
    await pipeline.identity_chosen(
        work.session,
        study_id,
        patient_id=body.identity_id,
        reason=body.reason,
        seen_choice_id=body.seen_choice_id,
        seen_count=body.seen_count,
        actor=work.actor,
        now=work.now,
    )
    work.note_access("choose_identity", subject="study", subject_id=study_id)


@router.post("/{study_id}/intake-class", status_code=204, responses=raises(NotFound, Conflict))
async def set_intake_class(study_id: Key, body: ClassBody, work: Sorter) -> None:
    """Say whether a study is a case; one opens, or is set aside while it is unsigned."""
    await enter_study(work, study_id, Permission.STUDY_SORT)
    await pipeline.reclass_study(
        work.session,
        study_id,
        intake_class=body.intake_class,
        reason=body.reason,
        actor=work.actor,
        now=work.now,
    )
    work.note_access("classify", subject="study", subject_id=study_id)


@router.post("/{study_id}/site", status_code=204, responses=raises(NotFound, Conflict))
async def confirm_site(study_id: Key, body: SiteBody, work: Sorter) -> None:
    """Say of which site a study is, while that is to be confirmed."""
    await enter_study(work, study_id, Permission.STUDY_SORT)
    await pipeline.confirm_site(
        work.session, study_id, site_id=body.site_id, actor=work.actor, now=work.now
    )
    work.note_access("confirm_site", subject="study", subject_id=study_id)
