"""What the pages show: a night on guard, made by the use cases themselves, really committed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.bootstrap import make_renderer
from app.cases.repository import find_case_of_study, list_studies
from app.db.clock import DatabaseClock
from app.db.engine import make_unpooled_engine
from app.db.session import make_sessions, unit_of_work
from app.directory.domain import Actor, Grant, Role
from app.directory.models import Centre, Endpoint, RoleGrant, Site, User, WebSession
from app.dispatch.repository import list_nominees
from app.dispatch.service.surge import look_if_due
from app.intake.models import Patient, Study, StudyIdentity
from app.settings import Settings, read_settings
from app.tasks.service import ring_due
from scheduler.job import Bench
from scheduler.jobs import deliveries, documents
from tests.factories.directory import give_password_hash
from tests.factories.flow import decide_due, sign_case
from tests.factories.reading import add_instances
from tests.factories.stage import (
    Stage,
    add_radiologist,
    add_study,
    add_user,
    put_on_guard,
    set_stage,
)
from tests.fakes.receiver import FakeNode, FakeSender


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in."""

    login: str
    name: str
    actor: Actor
    landing: str = "Worklist"
    """The heading of the page that they are led to."""


@dataclass(frozen=True, slots=True)
class Exam:
    """A study that a modality sent, and how urgent it is."""

    patient_name: str
    description: str
    images: int = 2
    urgent: bool = False
    minutes_ago: int = 4


@dataclass
class Night:
    """A hospital on a night, two readers and a coordinator on guard."""

    url: str
    stage: Stage
    anna: Person
    bruno: Person
    coordinator: Person
    hospital: Person
    """Somebody of the emergency room."""

    async def receive(self, exam: Exam) -> int:
        """Let images arrive, a case open and be offered; return its id."""
        async with open_unit(self.url) as (session, now):
            study = await self._add_study(
                session, exam, at=now - timedelta(minutes=exam.minutes_ago)
            )
            await pipeline.images_arrived(session, study, settings=Settings(), now=now)
            case_id = await find_case_of_study(session, study.id)
            assert case_id is not None
            study.complete_at, study.complete_reason = now, "silent 60 s (CT)"
            await session.flush()
            await pipeline.studies_completed(session, [study.id], now=now)
        async with open_unit(self.url) as (session, now):
            # It may have been offered already, with its first image.
            await pipeline.case_due(session, case_id, now=now)
            assert await list_nominees(session, case_id)
        return case_id

    async def _add_study(self, session: AsyncSession, exam: Exam, *, at: datetime) -> Study:
        self.stage.session = session
        study = await add_study(
            self.stage,
            at=at,
            instances=exam.images,
            called_ae_title="ASTREINTE_P1" if exam.urgent else "ASTREINTE",
            description=exam.description,
        )
        patient = await session.get_one(Patient, study.patient_id)
        patient.patient_name = exam.patient_name
        await add_instances(session, study, count=exam.images, at=at)
        return study

    async def add_images(self, case_id: int, *, count: int) -> None:
        """Let more images of a case arrive."""
        async with open_unit(self.url) as (session, now):
            (study,) = await list_studies(session, case_id)
            await add_instances(session, study, count=count, at=now)
            study.instance_count += count
            await pipeline.images_arrived(session, study, settings=Settings(), now=now)

    async def add_reader(
        self,
        login: str,
        given: str,
        family: str,
        *,
        town: str,
        hours: tuple[timedelta, timedelta] | None,
    ) -> Person:
        """Add a reader: on guard in the first line between two times from now on, or at home."""
        async with open_unit(self.url) as (session, now):
            self.stage.session = session
            since, until = hours or (timedelta(), timedelta())
            return await _add_reader(
                self.stage,
                login,
                given,
                family,
                town=town,
                line="first" if hours else None,
                period=(now + since, now + until),
                password_hash=await give_password_hash(),
            )

    async def claim(self, case_id: int, person: Person) -> None:
        """Let somebody take a case."""
        async with open_unit(self.url) as (session, now):
            await pipeline.claim(session, case_id, actor=person.actor, now=now)

    async def sign(self, case_id: int, person: Person) -> None:
        """Let somebody take a case, write its report and sign it."""
        async with open_unit(self.url) as (session, now):
            (study,) = await list_studies(session, case_id)
            stage = replace(self.stage, session=session)
            at = now - timedelta(minutes=2)
            await sign_case(
                stage, case_id, actor=person.actor, instances=study.instance_count, at=at
            )

    async def deliver(self, folder: Path) -> None:
        """Let the platform render what is signed and send it to a hospital that takes it."""
        engine = make_unpooled_engine(self.url)
        try:
            bench = Bench(
                settings=read_settings({"ASTREINTE_DATA_DIR": str(folder)}),
                sessions=make_sessions(engine),
                clock=DatabaseClock(),
                peers=FakeSender({"NODE": FakeNode()}),
                renderer=make_renderer(),
            )
            await documents.run(bench)
            await deliveries.run(bench)
        finally:
            await engine.dispose()

    async def decide(self) -> None:
        """Let all that is due be decided, as the job of dispatch does when it is woken."""
        async with open_unit(self.url) as (session, now):
            await decide_due(session, now=now)

    async def look_for_surge(self) -> None:
        """Let the platform look whether more comes than those on guard can read."""
        async with open_unit(self.url) as (session, now):
            await look_if_due(session, zone=ZoneInfo(Settings().zone), now=now)

    async def note_critical(self, case_id: int, person: Person, text: str) -> None:
        """Let somebody note what the hospital must hear."""
        async with open_unit(self.url) as (session, now):
            await pipeline.note_critical(session, case_id, text=text, actor=person.actor, now=now)

    async def ring_again(self) -> None:
        """Let time pass until every standing task rings again."""
        async with open_unit(self.url) as (session, now):
            await ring_due(session, now=now + timedelta(hours=1), limit=100)

    async def correct_identity(self, case_id: int, patient_name: str) -> None:
        """Let the hospital send the images of a case again under another name."""
        async with open_unit(self.url) as (session, now):
            (study,) = await list_studies(session, case_id)
            before = await session.get_one(Patient, study.patient_id)
            after = Patient(
                domain_id=before.domain_id,
                patient_id=before.patient_id,
                patient_name=patient_name,
                patient_birth_date=before.patient_birth_date,
                patient_sex=before.patient_sex,
            )
            session.add(after)
            await session.flush()
            for patient, is_correction in ((before, False), (after, True)):
                session.add(
                    StudyIdentity(
                        study_id=study.id,
                        patient_id=patient.id,
                        first_seen_at=now,
                        last_seen_at=now,
                        instance_count=study.instance_count,
                        is_correction=is_correction,
                        news="correction" if is_correction else None,
                    )
                )
            study.identity_open = True
            await session.flush()
            await pipeline.identity_changed(session, study, now=now)

    async def end_sessions(self) -> None:
        """Sign everybody out, as an administrator would."""
        async with open_unit(self.url) as (session, _):
            await session.execute(delete(WebSession))

    async def require_second_factor(self, person: Person) -> None:
        """Ask somebody to enrol a second factor."""
        async with open_unit(self.url) as (session, _):
            user = await session.get_one(User, person.actor.user_id)
            user.second_factor_required = True

    async def tell_time(self) -> datetime:
        """Tell the instant by the database."""
        async with open_unit(self.url) as (_, now):
            return now


@asynccontextmanager
async def open_unit(url: str) -> AsyncIterator[tuple[AsyncSession, datetime]]:
    """Open a transaction that is committed, with its instant."""
    engine = make_unpooled_engine(url)
    try:
        async with unit_of_work(make_sessions(engine)) as session:
            yield session, await DatabaseClock().now(session)
    finally:
        await engine.dispose()


async def begin_night(url: str) -> Night:
    """Build the hospital, the people and the planning of tonight."""
    async with open_unit(url) as (session, now):
        stage = await set_stage(session, night=now)
        stage.site.name = "CH de Périgueux"
        stage.society.name = "Imagerie du Périgord"
        password_hash = await give_password_hash()
        add_login = partial(_add_login, session, password_hash=password_hash)
        tonight = (now - timedelta(hours=3), now + timedelta(hours=6))
        add_one = partial(_add_reader, stage, period=tonight, password_hash=password_hash)
        coordinator = await add_user(stage, role=Role.COORDINATOR)
        nurse = await add_user(stage, role=Role.SITE)
        return Night(
            url=url,
            stage=stage,
            anna=await add_one("anna", "Anna", "Lindqvist", town="Bergerac", line="first"),
            bruno=await add_one("bruno", "Bruno", "Martel", town="Sarlat", line="backup"),
            coordinator=await add_login("chloe", "Chloé Garrigue", coordinator, Role.COORDINATOR),
            hospital=await add_login(
                "urgences", "Urgences Périgueux", nurse, Role.SITE, site=stage.site
            ),
        )


async def _add_reader(
    stage: Stage,
    login: str,
    given: str,
    family: str,
    *,
    town: str,
    line: str | None,
    period: tuple[datetime, datetime],
    password_hash: str,
) -> Person:
    """Add somebody who reads in a town; without a line they are not on guard."""
    session = stage.session
    radiologist, actor = await add_radiologist(stage)
    radiologist.given_name, radiologist.family_name = given, family
    centre = await session.get_one(Centre, radiologist.centre_id)
    node = await session.get_one(Endpoint, centre.endpoint_id)
    centre.name, node.name = f"Centre de {town}", town
    if line is not None:
        await put_on_guard(stage, radiologist, line=line, period=period)
    return await _add_login(
        session,
        login,
        f"Dr {given} {family}",
        actor,
        Role.RADIOLOGIST,
        password_hash=password_hash,
    )


async def _add_login(
    session: AsyncSession,
    login: str,
    name: str,
    actor: Actor,
    role: Role,
    *,
    password_hash: str,
    site: Site | None = None,
) -> Person:
    assert actor.user_id is not None
    user = await session.get_one(User, actor.user_id)
    user.login, user.display_name, user.password_hash = login, name, password_hash
    user.locale = "en"
    session.add(RoleGrant(user_id=user.id, role=role.value, site_id=site.id if site else None))
    await session.flush()
    actor = (
        replace(actor, name=name, grants=(Grant(role, site_id=site.id),))
        if site
        else (replace(actor, name=name))
    )
    return Person(login, name, actor, site.name if site else "Worklist")
