"""One night: a real gateway, index, scheduler and outbox under a clock that the story moves."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from pydicom import FileDataset
from pynetdicom import AE
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.adapters.dicom.association import return_answers
from app.cases.models import Case, CaseEvent
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.delivery.models import Delivery
from app.directory.domain import Actor
from app.directory.models import Radiologist, Sender, Site
from app.intake.models import Study
from app.intake.service import read_waits
from app.reports import service as reports
from app.reports.domain.document import Chapters
from app.settings import Bind
from app.store.layout import Layout
from app.tasks.models import Task
from dicom_gateway.acceptor import Acceptor, AcceptorSettings
from dicom_gateway.admission import called_titles
from dicom_gateway.index import IndexWriter
from dicom_gateway.journal import JournalReader, JournalWriter
from dicom_gateway.receiving import Receiving
from dicom_gateway.reception import AdmissionRules, GatewayReception
from dicom_gateway.snapshot import SnapshotFile
from dicom_gateway.spool import Spool
from scheduler.job import Bench, Job
from scheduler.jobs import JOBS
from tests.factories.stage import Stage
from tests.integration.stories.exams import Exam
from tests.integration.stories.node import Node

PARIS = ZoneInfo("Europe/Paris")
TEXT = Chapters(findings="Pas de saignement.", conclusion="Scanner normal.")
_TITLE = "ASTREINTE"
_MOST_ROUNDS = 20
Result = TypeVar("Result")


@dataclass
class Hospital:
    """A site with the sender that pushes its images, and the node that takes its reports."""

    site: Site
    sender: Sender
    node: Node


@dataclass
class Reader:
    """A radiologist on guard, with the node of the centre."""

    radiologist: Radiologist
    actor: Actor
    node: Node


@dataclass
class Night:
    """What a story acts on; every act happens at the instant at which the clock stands."""

    sessions: Sessions
    clock: SetClock
    bench: Bench
    layout: Layout
    hospitals: list[Hospital] = field(default_factory=list)
    readers: list[Reader] = field(default_factory=list)
    gateway: Bind | None = None
    stage: Stage | None = None
    """Of the first hospital, with the planning of the night."""
    _index: IndexWriter | None = None

    @property
    def hospital(self) -> Hospital:
        """Give the first hospital."""
        return self.hospitals[0]

    @property
    def reader(self) -> Reader:
        """Give the first reader."""
        return self.readers[0]

    @contextmanager
    def open_gateway(self) -> Iterator[None]:
        """Listen on a free port; what arrives is stamped with the night's clock."""
        spool = Spool(self.layout, reserve_bytes=0)
        spool.prepare()
        snapshot = SnapshotFile(self.layout.admission)
        journal = JournalWriter(self.layout.journal)
        receiving = Receiving(spool)
        acceptor = Acceptor(
            AcceptorSettings(
                bind=Bind("127.0.0.1", 0),
                idle_timeout=timedelta(seconds=20),
                stall_timeout=timedelta(seconds=10),
            ),
            reception=GatewayReception(
                receiving=receiving,
                journal=journal,
                rules=AdmissionRules(called=called_titles(_TITLE), own_title=_TITLE),
                read_senders=snapshot.read,
                read_clock=lambda: self.clock.instant,
                wake=lambda: None,
            ),
        )
        receiving.call_soon = acceptor.call_soon
        self._index = IndexWriter(
            spool=spool,
            journal=JournalReader(self.layout.journal),
            snapshot=snapshot,
            sessions=self.sessions,
            clock=self.clock,
            waits=read_waits(self.bench.settings),
        )
        self.gateway = acceptor.start()
        try:
            yield
        finally:
            acceptor.stop_listening()
            acceptor.abort_open()
            journal.close()

    # ------------------------------------------------------------------ time

    def _find(self, hour: str) -> datetime:
        """Find the first instant from now on at which clocks in Paris show an hour."""
        here = self.clock.instant.astimezone(PARIS)
        parts = [int(part) for part in hour.split(":")] + [0]
        there = here.replace(hour=parts[0], minute=parts[1], second=parts[2], microsecond=0)
        if there < here:
            there += timedelta(days=1)
        return there.astimezone(self.clock.instant.tzinfo)

    async def at(self, hour: str) -> None:
        """Let time pass until an hour; everything that is due on the way happens when it is due."""
        until = self._find(hour)
        await self.run_jobs()
        while due := [each for each in (await self._find_due()).values() if each <= until]:
            self.clock.instant = max(min(due), self.clock.instant)
            await self._run_due()
        self.clock.instant = until

    async def pass_quietly(self, hour: str) -> None:
        """Let hours pass in which only the disk is read; the jobs run once, at their end."""
        self.clock.instant = self._find(hour)
        await self.run_jobs()

    async def run_jobs(self) -> None:
        """Let every job look for work, as when it is woken; then all that became due by it."""
        for job in JOBS:
            await job.run(self.bench)
        await self._run_due()

    async def _run_due(self) -> None:
        """Let the jobs work that are due now; one leaves work to another, none stays due."""
        waiting: list[Job] = []
        for _ in range(_MOST_ROUNDS):
            due = await self._find_due()
            waiting = [
                job for job in JOBS if job.name in due and due[job.name] <= self.clock.instant
            ]
            if not waiting:
                return
            for job in waiting:
                await job.run(self.bench)
        msg = f"still due after their run: {[job.name for job in waiting]}"
        raise AssertionError(msg)

    async def _find_due(self) -> dict[str, datetime]:
        """Find when each job has something to do."""
        async with self.sessions() as session:
            found = {job.name: await job.find_next_due(session) for job in JOBS}
        return {name: due for name, due in found.items() if due is not None}

    # ------------------------------------------------------------------ acts

    async def send(
        self,
        what: Exam | Sequence[FileDataset],
        *,
        by: Hospital | None = None,
        called: str = _TITLE,
        calling: str | None = None,
        release: bool = True,
        indexed: bool = True,
    ) -> list[FileDataset]:
        """Push a series over an association of its own, then let the platform take it up.

        Parameters
        ----------
        calling
            The AE title used instead of the sender's own.
        release
            False: the association is aborted behind the last image.
        indexed
            False: the index and the scheduler are down.
        """
        objects = what.build() if isinstance(what, Exam) else list(what)
        await self.renew_snapshot()
        title = calling or (by or self.hospital).sender.ae_title
        await asyncio.to_thread(self._push, objects, title, called, release=release)
        if indexed:
            await self.index()
        return objects

    def _push(
        self, objects: Sequence[FileDataset], calling: str, called: str, *, release: bool
    ) -> None:
        assert self.gateway is not None
        entity = AE(ae_title=calling)
        kinds = {(str(o.SOPClassUID), str(o.file_meta.TransferSyntaxUID)) for o in objects}
        for sop_class_uid, transfer_syntax_uid in sorted(kinds):
            entity.add_requested_context(sop_class_uid, transfer_syntax_uid)
        association = entity.associate(self.gateway.host, self.gateway.port, ae_title=called)
        assert association.is_established, f"{calling} was refused"
        return_answers(association)
        for each in objects:
            assert association.send_c_store(each).Status == 0x0000
        if release:
            association.release()
        else:
            association.abort()

    async def renew_snapshot(self) -> None:
        """Let the gateway learn of the senders."""
        assert self._index is not None
        await self._index.renew_snapshot()

    async def index(self) -> None:
        """Index what has arrived, and let the scheduler take it up."""
        assert self._index is not None
        await self._index.index_all()
        await self.run_jobs()

    async def do(self, act: Callable[[AsyncSession, datetime], Awaitable[Result]]) -> Result:
        """Do something in a transaction of its own, as a request would; then the jobs run."""
        async with unit_of_work(self.sessions) as session:
            result = await act(session, self.clock.instant)
        await self.run_jobs()
        return result

    async def claim(self, case_id: int, *, by: Reader | None = None) -> None:
        """Take a case."""
        actor = (by or self.reader).actor
        await self.do(lambda session, now: pipeline.claim(session, case_id, actor=actor, now=now))

    async def sign(self, case_id: int, *, by: Reader | None = None, text: str = "") -> None:
        """Write a report and sign it, with all images that are there now seen."""
        actor = (by or self.reader).actor
        chapters = Chapters(findings=text or TEXT.findings, conclusion=text or TEXT.conclusion)

        async def write(session: AsyncSession, now: datetime) -> None:
            case = await session.get_one(Case, case_id)
            draft = await reports.save_draft(
                session, case_id=case_id, base=0, chapters=chapters, actor=actor, now=now
            )
            await pipeline.sign_report(
                session,
                case_id,
                base=draft.draft_number,
                instance_count=case.instance_count,
                actor=actor,
                now=now,
            )

        await self.do(write)

    # ------------------------------------------------------------------ what is seen

    async def cases(self) -> list[Case]:
        """List all cases that are not voided, oldest first."""
        async with self.sessions() as session:
            query = select(Case).where(Case.state != "voided").order_by(Case.id)
            return list(await session.scalars(query))

    async def only_case(self) -> int:
        """Give the one case that there is."""
        (case,) = await self.cases()
        return case.id

    async def read_and_sign(self, case_id: int, *, at: str) -> None:
        """Let the first reader take a case at an hour, and sign its report five minutes later."""
        await self.at(at)
        await self.claim(case_id)
        self.clock.advance(timedelta(minutes=5))
        await self.run_jobs()
        await self.sign(case_id)

    async def studies(self) -> list[Study]:
        """List all studies, oldest first."""
        async with self.sessions() as session:
            return list(await session.scalars(select(Study).order_by(Study.id)))

    async def tasks(self) -> list[str]:
        """List the kinds of the tasks that stand, oldest first."""
        async with self.sessions() as session:
            query = select(Task.kind).where(Task.settled_at.is_(None)).order_by(Task.id)
            return list(await session.scalars(query))

    async def details(self) -> list[dict[str, int]]:
        """List how many images the tasks that stand speak of, oldest first."""
        async with self.sessions() as session:
            query = select(Task.detail).where(Task.settled_at.is_(None)).order_by(Task.id)
            found = await session.scalars(query)
            return [{"instances": detail["instances"]} for detail in found]

    async def timeline(self, case_id: int) -> list[str]:
        """Write a timeline: the hour in Paris, then the state moved to, or the fact."""
        async with self.sessions() as session:
            events = await session.scalars(
                select(CaseEvent)
                .where(CaseEvent.case_id == case_id)
                .order_by(CaseEvent.at, CaseEvent.id)
            )
            return [
                f"{event.at.astimezone(PARIS):%H:%M:%S} {event.state_to or event.kind}"
                for event in events
            ]

    async def deliveries(self, case_id: int) -> dict[str, int]:
        """Count the deliveries of a case by kind and state."""
        async with self.sessions() as session:
            query = select(Delivery.kind, Delivery.state).where(Delivery.case_id == case_id)
            return Counter(f"{kind} {state}" for kind, state in await session.execute(query))


def make_layout(folder: Path) -> Layout:
    """Give the layout of a fresh data folder."""
    return Layout(folder / "var")
