"""Nights of a small platform on a small disk: what comes in, is read, is delivered, and goes."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from pydicom import Dataset
from sqlalchemy import select

from app.adapters.documents.renderer import TypstDicomRenderer
from app.cases.repository import find_case_of_study
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.domain import Actor
from app.directory.models import Endpoint
from app.intake.models import Study
from app.settings import read_settings
from app.store.layout import Layout
from dicom_gateway.admission import AssociationRequest, RefusalReason, called_titles
from dicom_gateway.arrival import Announced
from dicom_gateway.association import OpenAssociation
from dicom_gateway.index import IndexWriter
from dicom_gateway.journal import JournalReader, JournalWriter
from dicom_gateway.receiving import Receiving
from dicom_gateway.reception import AdmissionRules, GatewayReception
from dicom_gateway.snapshot import SnapshotFile
from dicom_gateway.spool import Spool
from scheduler.job import Bench
from scheduler.jobs import deliveries, documents, studies
from tests.factories.arrivals import WAITS
from tests.factories.dicom import iterate_ct_slices, make_ct_study
from tests.factories.encoded import encode_data_set
from tests.factories.flow import sign_case
from tests.factories.kept import set_own_stage
from tests.factories.sending import HOSPITAL
from tests.factories.stage import Stage, add_radiologist
from tests.fakes.receiver import FakeNode, FakeSender


@contextmanager
def mount_small_disk(folder: Path, *, size_bytes: int) -> Iterator[Path]:
    """Mount a file system of a given size, in memory; only root can."""
    folder.mkdir()
    options = f"size={size_bytes},mode=755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@dataclass(frozen=True, slots=True)
class Sent:
    """A study that a modality sent: its UID and the status of each image.

    There is none when its association was refused for want of room.
    """

    study_instance_uid: str
    statuses: tuple[int, ...]


@dataclass
class Platform:
    """Reception, index and jobs on one data folder, with one clock."""

    sessions: Sessions
    clock: SetClock
    bench: Bench
    spool: Spool
    index: IndexWriter
    reception: GatewayReception
    journal: JournalWriter
    stage: Stage
    reader: Actor

    async def receive(self, *, images: int, rows: int = 256) -> Sent:
        """Let the modality send a new study by one association, and index it."""
        return await self.send(list(iterate_ct_slices(make_ct_study(rows=rows), slices=images)))

    async def send(self, images: Sequence[Dataset]) -> Sent:
        """Let the modality send these images of one study by one association, and index them."""
        request = AssociationRequest("ASTREINTE", self.stage.sender.ae_title, "127.0.0.1")
        association = self.reception.open(request)
        if association is RefusalReason.NO_ROOM:
            return Sent(str(images[0].StudyInstanceUID), ())
        assert isinstance(association, OpenAssociation)
        statuses = tuple(self._send_one(association, each) for each in images)
        association.end(outcome="released")
        await self.index.index_all()
        await studies.run(self.bench)
        return Sent(str(images[0].StudyInstanceUID), statuses)

    def _send_one(self, association: OpenAssociation, image: Dataset) -> int:
        taker = association.begin(
            Announced(
                sop_class_uid=str(image.SOPClassUID),
                sop_instance_uid=str(image.SOPInstanceUID),
                transfer_syntax_uid="1.2.840.10008.1.2.1",
            )
        )
        taker.write(memoryview(encode_data_set(image)))
        statuses: list[int] = []
        taker.finish(statuses.append)
        self.reception.receiving.commit()
        (status,) = statuses
        return status

    async def find_study(self, sent: Sent) -> Study:
        """Read the row of a study."""
        async with self.sessions() as session:
            query = select(Study).where(Study.study_instance_uid == sent.study_instance_uid)
            return (await session.scalars(query)).one()

    async def read_and_deliver(self, sent: Sent) -> None:
        """Let the reader sign the report of a study, and the hospital accept it."""
        study = await self.find_study(sent)
        async with unit_of_work(self.sessions) as session:
            case_id = await find_case_of_study(session, study.id)
            assert case_id is not None
            await sign_case(
                replace(self.stage, session=session),
                case_id,
                actor=self.reader,
                instances=study.instance_count,
                at=self.clock.instant,
            )
        # It is signed a minute later.
        self.clock.advance(timedelta(minutes=2))
        await documents.run(self.bench)
        await deliveries.run(self.bench)


async def open_platform(
    sessions: Sessions, *, data_dir: Path, clock: SetClock, reserve_bytes: int
) -> Platform:
    """Put a platform together around a data folder."""
    async with unit_of_work(sessions) as session:
        stage = await set_own_stage(session)
        node = await session.get_one(Endpoint, stage.site.endpoint_id)
        node.ae_title = HOSPITAL
        _, reader = await add_radiologist(stage)
    spool = Spool(Layout(data_dir), reserve_bytes=reserve_bytes)
    spool.prepare()
    snapshot = SnapshotFile(spool.layout.admission)
    journal = JournalWriter(spool.layout.journal)
    index = IndexWriter(
        spool=spool,
        journal=JournalReader(spool.layout.journal),
        snapshot=snapshot,
        sessions=sessions,
        clock=clock,
        waits=WAITS,
    )
    await index.renew_snapshot()
    return Platform(
        sessions=sessions,
        clock=clock,
        bench=_make_bench(sessions, data_dir=data_dir, clock=clock, reserve_bytes=reserve_bytes),
        spool=spool,
        index=index,
        reception=_make_reception(spool, journal, snapshot=snapshot, clock=clock),
        journal=journal,
        stage=stage,
        reader=reader,
    )


def _make_bench(
    sessions: Sessions, *, data_dir: Path, clock: SetClock, reserve_bytes: int
) -> Bench:
    settings = {
        "ASTREINTE_DATA_DIR": str(data_dir),
        "ASTREINTE_DISK_RESERVE_BYTES": str(reserve_bytes),
    }
    return Bench(
        settings=read_settings(settings),
        sessions=sessions,
        clock=clock,
        # All other nodes of the stage have the second title.
        peers=FakeSender({HOSPITAL: FakeNode(), "NODE": FakeNode()}),
        renderer=TypstDicomRenderer(),
    )


def _make_reception(
    spool: Spool, journal: JournalWriter, *, snapshot: SnapshotFile, clock: SetClock
) -> GatewayReception:
    return GatewayReception(
        receiving=Receiving(spool),
        journal=journal,
        rules=AdmissionRules(called=called_titles("ASTREINTE"), own_title="ASTREINTE"),
        read_senders=snapshot.read,
        read_clock=lambda: clock.instant,
        wake=lambda: None,
    )
