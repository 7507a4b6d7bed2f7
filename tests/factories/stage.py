"""The rows that a case needs to exist: a small group of societies, a hospital, people on guard."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.base import Base
from app.directory.domain import Actor, Grant, Role
from app.directory.models import (
    Centre,
    Domain,
    Endpoint,
    Radiologist,
    RadiologistSite,
    RadiologistSociety,
    Sender,
    Site,
    Society,
    User,
)
from app.intake.models import Patient, Study
from app.kit.ids import draw_uid
from app.planning.models import Assignment, Guard, Planning, PlanningRevision, Seat
from tests.factories.numbers import draw_number

NIGHT = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)


@dataclass
class Stage:
    """A hospital with a sender, its referent society, and the planning of one night."""

    session: AsyncSession
    society: Society
    site: Site
    sender: Sender
    domain: Domain
    planning: Planning
    revision: PlanningRevision
    guards: dict[str, Guard] = field(default_factory=dict)


async def _add(session: AsyncSession, row: Base) -> None:
    session.add(row)
    await session.flush()


async def add_society(session: AsyncSession) -> Society:
    """Add a society."""
    number = draw_number()
    society = Society(name=f"Society {number}", short_name=f"S{number}", joined_on=date(2020, 1, 1))
    await _add(session, society)
    return society


async def add_endpoint(
    session: AsyncSession, *, port: int = 11200, forms: tuple[str, ...] = ()
) -> Endpoint:
    """Add a DICOM node on this machine."""
    endpoint = Endpoint(
        name=f"Node {draw_number()}",
        ae_title="NODE",
        host="127.0.0.1",
        port=port,
        forms=list(forms),
    )
    await _add(session, endpoint)
    return endpoint


async def set_stage(session: AsyncSession, *, night: datetime = NIGHT) -> Stage:
    """Build a society, its hospital with a sender, and an empty planning around a night."""
    number = draw_number()
    society = await add_society(session)
    endpoint = await add_endpoint(session, forms=("sr", "encapsulated_pdf"))
    site = Site(
        name=f"Hospital {number}",
        finess=f"{number:09d}",
        society_id=society.id,
        telephone_emergency="+33500000001",
        telephone_ct="+33500000002",
        endpoint_id=endpoint.id,
    )
    domain = Domain(name=f"Domain {number}")
    await _add(session, site)
    await _add(session, domain)
    planning, revision = await _add_planning(session, night=night)
    sender = Sender(
        name=f"CT {number}",
        ae_title=f"CT{number}",
        addresses=["127.0.0.0/8"],
        domain_id=domain.id,
        site_id=site.id,
    )
    await _add(session, sender)
    return Stage(
        session=session,
        society=society,
        site=site,
        sender=sender,
        domain=domain,
        planning=planning,
        revision=revision,
    )


async def _add_planning(
    session: AsyncSession, *, night: datetime
) -> tuple[Planning, PlanningRevision]:
    planning = Planning(
        name=f"Planning {draw_number()}",
        period=Range(night - timedelta(days=1), night + timedelta(days=1)),
        created_at=night,
    )
    await _add(session, planning)
    revision = PlanningRevision(
        planning_id=planning.id, number=1, created_at=night, published_at=night
    )
    await _add(session, revision)
    return planning, revision


async def find_stage(session: AsyncSession) -> Stage:
    """Find what the case was laid on, in a session of one's own."""
    site = (await session.scalars(select(Site))).one()
    return Stage(
        session=session,
        society=await session.get_one(Society, site.society_id),
        site=site,
        sender=(await session.scalars(select(Sender))).one(),
        domain=(await session.scalars(select(Domain))).one(),
        planning=(await session.scalars(select(Planning))).one(),
        revision=(await session.scalars(select(PlanningRevision))).one(),
    )


async def add_radiologist(
    stage: Stage, *, society: Society | None = None, may_read: bool = True
) -> tuple[Radiologist, Actor]:
    """Add a radiologist with a centre, a login, and the right to read for the stage's site."""
    session, number = stage.session, draw_number()
    member_of = society or stage.society
    endpoint = await add_endpoint(session)
    centre = Centre(
        society_id=member_of.id,
        name=f"Centre {number}",
        telephone="+33500000003",
        endpoint_id=endpoint.id,
    )
    await _add(session, centre)
    radiologist = Radiologist(
        rpps=f"{number:011d}",
        family_name=f"Reader{number}",
        given_name="Ada",
        telephone="+33600000000",
        centre_id=centre.id,
        hourly_cap=10,
    )
    await _add(session, radiologist)
    always = Range(date(2020, 1, 1), None)
    session.add(
        RadiologistSociety(radiologist_id=radiologist.id, society_id=member_of.id, valid=always)
    )
    if may_read:
        session.add(
            RadiologistSite(radiologist_id=radiologist.id, site_id=stage.site.id, valid=always)
        )
    actor = await add_user(stage, role=Role.RADIOLOGIST, radiologist=radiologist)
    return radiologist, actor


async def add_user(stage: Stage, *, role: Role, radiologist: Radiologist | None = None) -> Actor:
    """Add a login with one role."""
    number = draw_number()
    user = User(
        login=f"user{number}",
        display_name=f"User {number}",
        second_factor_required=False,
        radiologist_id=radiologist.id if radiologist else None,
    )
    await _add(stage.session, user)
    return Actor(
        user_id=user.id,
        name=user.display_name,
        radiologist_id=user.radiologist_id,
        grants=(Grant(role),),
        readable_site_ids=frozenset({stage.site.id}),
    )


async def put_on_guard(
    stage: Stage,
    radiologist: Radiologist,
    *,
    line: str = "first",
    kind: str = "reader",
    period: tuple[datetime, datetime] = (NIGHT - timedelta(hours=3), NIGHT + timedelta(hours=9)),
) -> Seat:
    """Give a radiologist a seat that is in force."""
    session = stage.session
    key = f"{line} {period}"
    if key not in stage.guards:
        stage.guards[key] = Guard(
            planning_id=stage.planning.id,
            segment_code="evening",
            line=line,
            site_id=stage.site.id if line == "on_site" else None,
            period=Range(*period),
            seats_needed=1,
        )
        await _add(session, stage.guards[key])
    seat = Seat(
        guard_id=stage.guards[key].id, kind=kind, ordinal=draw_number(), period=Range(*period)
    )
    await _add(session, seat)
    await _add(
        session,
        Assignment(
            seat_id=seat.id,
            revision_id=stage.revision.id,
            society_id=stage.society.id,
            radiologist_id=radiologist.id,
            reason="roster",
            period=Range(*period),
            lane=1 if line == "on_site" else 0,
            in_force=True,
        ),
    )
    return seat


async def add_patient(
    stage: Stage,
    *,
    patient_id: str | None = None,
    name: str = "DUPONT^JEANNE",
    birth_date: str = "19500101",
) -> Patient:
    """Add an identity in the domain of the stage's hospital; an identifier of its own, if none."""
    patient = Patient(
        domain_id=stage.domain.id,
        patient_id=f"PID{draw_number()}" if patient_id is None else patient_id,
        patient_name=name,
        patient_birth_date=birth_date,
        patient_sex="F",
    )
    await _add(stage.session, patient)
    return patient


async def add_study(
    stage: Stage,
    *,
    at: datetime = NIGHT,
    instances: int = 1,
    called_ae_title: str = "ASTREINTE",
    description: str = "Scanner cérébral",
    patient: Patient | None = None,
    accession_number: str | None = None,
) -> Study:
    """Add a study whose images nobody was told of yet; of a patient of its own, if none."""
    number = draw_number()
    if patient is None:
        patient = await add_patient(stage)
    study = Study(
        domain_id=stage.domain.id,
        study_instance_uid=draw_uid(),
        patient_id=patient.id,
        site_id=stage.site.id,
        sender_id=stage.sender.id,
        called_ae_title=called_ae_title,
        modalities=["CT"],
        station_name="CT1",
        study_description=description,
        accession_number=f"A{number}" if accession_number is None else accession_number,
        first_image_at=at,
        last_image_at=at,
        instance_count=instances,
        image_count=instances,
        announced_count=0,
        complete_due_at=at + timedelta(seconds=60),
    )
    await _add(stage.session, study)
    return study
