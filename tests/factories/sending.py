"""A signed case whose documents and images are to be sent, on a database that really commits."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.adapters.documents.renderer import TypstDicomRenderer
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.delivery import service as outbox
from app.delivery.domain.ports import FileToSend, SendResult
from app.delivery.domain.shipment import Shipment, Tried
from app.delivery.events import Delivered, GivenUp
from app.delivery.models import Attempt, Delivery
from app.directory.domain import Actor
from app.directory.models import Endpoint
from app.dispatch import repository as dispatch
from app.intake.models import Instance
from app.reports import service as reports
from app.settings import read_settings
from scheduler.job import Bench
from tests.factories.dicom import make_ct_slice
from tests.factories.reading import TEXT, open_reading
from tests.fakes.receiver import FakeNode, FakeSender

HOSPITAL = "HOSPITAL"
CENTRE = "CENTRE"


@dataclass
class Sending:
    """A case with a reader, and the nodes around it."""

    sessions: Sessions
    clock: SetClock
    bench: Bench
    case_id: int
    study_id: int
    actor: Actor
    images: int
    hospital: FakeNode = field(default_factory=FakeNode)
    centre: FakeNode = field(default_factory=FakeNode)

    async def sign(self) -> None:
        """Write a report and sign it, as a request would."""
        async with unit_of_work(self.sessions) as session:
            draft = await reports.save_draft(
                session,
                case_id=self.case_id,
                base=0,
                chapters=TEXT,
                actor=self.actor,
                now=self.clock.instant,
            )
            await pipeline.sign_report(
                session,
                self.case_id,
                base=draft.draft_number,
                instance_count=self.images,
                actor=self.actor,
                now=self.clock.instant,
            )

    async def ask_for_images(self) -> None:
        """Ask for the images to be sent to the reader's centre."""
        assert self.actor.radiologist_id is not None
        async with unit_of_work(self.sessions) as session:
            await outbox.plan_images(
                session,
                case_id=self.case_id,
                radiologist_ids=[self.actor.radiologist_id],
                now=self.clock.instant,
            )

    async def list_deliveries(self) -> list[Delivery]:
        """Read the outbox."""
        async with self.sessions() as session:
            return list(await session.scalars(select(Delivery).order_by(Delivery.id)))

    async def list_attempts(self, delivery_id: int) -> list[Attempt]:
        """Read the tries of a delivery, in order."""
        async with self.sessions() as session:
            query = select(Attempt).where(Attempt.delivery_id == delivery_id)
            return list(await session.scalars(query.order_by(Attempt.number)))


async def lay_sending(
    sessions: Sessions, *, data_dir: Path, clock: SetClock, images: int = 3
) -> Sending:
    """Commit a case that is being read, with its image files in the store."""
    hospital, centre = FakeNode(), FakeNode()
    bench = Bench(
        settings=read_settings({"ASTREINTE_DATA_DIR": str(data_dir)}),
        sessions=sessions,
        clock=clock,
        peers=FakeSender({HOSPITAL: hospital, CENTRE: centre}),
        renderer=TypstDicomRenderer(),
    )
    async with unit_of_work(sessions) as session:
        reading = await open_reading(session, images=images)
        await _name_node(session, reading.stage.site.endpoint_id, HOSPITAL)
        nodes = await dispatch.find_endpoints(session, [reading.radiologist.id])
        await _name_node(session, nodes[reading.radiologist.id], CENTRE)
        await write_images(session, data_dir=data_dir)
    return Sending(
        sessions=sessions,
        clock=clock,
        bench=bench,
        case_id=reading.case_id,
        study_id=reading.study.id,
        actor=reading.actor,
        images=images,
        hospital=hospital,
        centre=centre,
    )


async def _name_node(session: AsyncSession, endpoint_id: int | None, ae_title: str) -> None:
    endpoint = await session.get_one(Endpoint, endpoint_id)
    endpoint.ae_title = ae_title


async def write_images(session: AsyncSession, *, data_dir: Path) -> None:
    """Write the files of all instances that have none."""
    for instance in await session.scalars(select(Instance)):
        path = data_dir / instance.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            make_ct_slice(sop_instance_uid=instance.sop_instance_uid).save_as(path)


async def claim_one(session: AsyncSession, *, now: datetime) -> Shipment | None:
    """Claim for the most urgent node, and give what goes there first."""
    claimed = await outbox.claim_due(session, now=now, nodes=1)
    return claimed[0][0] if claimed else None


async def hand_over(sending: Sending, shipment: Shipment) -> list[SendResult]:
    """Send a shipment as the job does, and stop there: as if the process was killed."""
    files = [
        FileToSend(item.sop_instance_uid, sending.bench.data_dir / item.path)
        for item in shipment.items
    ]
    async with aclosing(sending.bench.peers.store(files, to=shipment.destination)) as results:
        return [each async for each in results]


async def finish_one(
    session: AsyncSession, shipment: Shipment, *, results: Sequence[SendResult], now: datetime
) -> Delivered | GivenUp | None:
    """Finish a try of one delivery."""
    settled = await outbox.finish(session, [Tried(shipment, tuple(results))], now=now)
    return settled[0] if settled else None
