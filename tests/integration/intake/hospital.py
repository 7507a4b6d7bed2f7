"""A hospital whose arrivals are recorded inside the transaction of a test."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydicom import Dataset
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Grant, Role
from app.directory.models import Sender, Site
from app.intake import service
from app.intake.events import ArrivalsRecorded
from app.intake.models import Patient as PatientRow
from app.intake.models import Study, StudyIdentity
from tests.factories.arrivals import WAITS, make_arrival
from tests.factories.dicom import ACQUIRED_AT
from tests.factories.directory import add_sender, add_site, add_society, add_user


@dataclass
class Hospital:
    """A site with one sender, and a coordinator who may do all that concerns it."""

    session: AsyncSession
    site: Site
    sender: Sender
    coordinator: Actor

    async def send(
        self,
        *datasets: Dataset,
        by: Sender | None = None,
        at: datetime = ACQUIRED_AT,
        calling: str = "CT1",
        called: str = "ASTREINTE",
        mark: str | None = None,
    ) -> ArrivalsRecorded:
        """Record what arrives in one batch, a second after the other."""
        sender = by or self.sender
        arrivals = [
            replace(
                make_arrival(
                    dataset,
                    sender_id=sender.id,
                    arrived_at=at + timedelta(seconds=number),
                    called_ae_title=called,
                ),
                calling_ae_title=calling,
                mark=mark,
            )
            for number, dataset in enumerate(datasets)
        ]
        return await service.record(self.session, arrivals, waits=WAITS)

    async def studies(self) -> list[Study]:
        """Read all studies, oldest first."""
        query = select(Study).order_by(Study.id).execution_options(populate_existing=True)
        return list(await self.session.scalars(query))

    async def study(self) -> Study:
        """Read the only study."""
        (study,) = await self.studies()
        return study

    async def identities(self) -> dict[str, StudyIdentity]:
        """Read the identities of all studies, by Patient ID."""
        rows = await self.session.execute(
            select(PatientRow.patient_id, StudyIdentity)
            .join(PatientRow, PatientRow.id == StudyIdentity.patient_id)
            .execution_options(populate_existing=True)
        )
        return dict(rows.all())


async def open_hospital(session: AsyncSession) -> Hospital:
    """Add a hospital, its sender, and a coordinator."""
    society = await add_society(session)
    site = await add_site(session, society_id=society.id)
    sender = await add_sender(session, site_id=site.id)
    user = await add_user(session)
    grants = (Grant(Role.COORDINATOR), Grant(Role.GCS_ADMIN))
    coordinator = Actor(user_id=user.id, name="Coordinator", grants=grants)
    return Hospital(session, site, sender, coordinator)
