"""Studies that are kept, and senders that ask for storage commitment about them."""

from dataclasses import replace
from pathlib import Path

from sqlalchemy import select, update

from app.adapters.dicom.association import Patience
from app.adapters.dicom.commitment import PynetdicomReporter
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.models import Endpoint, Sender
from app.intake.domain.commitment import AskOutcome, Question
from app.intake.models import Commitment, CommitmentInstance, Study
from app.intake.service import commitments as service
from app.tasks.models import Task
from scheduler.job import Bench
from tests.factories.commitments import DAYS, let_answer, make_question, set_days
from tests.factories.kept import keep_one, list_instances, make_bench

REPORTER = PynetdicomReporter(
    ae_title="ASTREINTE", patience=Patience(connect_s=2, acse_s=2, dimse_s=2, network_s=2)
)


def make_telling_bench(sessions: Sessions, *, data_dir: Path, clock: SetClock) -> Bench:
    """Make a bench that tells senders on real associations."""
    return replace(make_bench(sessions, data_dir=data_dir, clock=clock), reporter=REPORTER)


class Asked:
    """A study that is kept, and what its sender asks about it."""

    def __init__(self, bench: Bench, clock: SetClock, study: Study, sender: Sender) -> None:
        self.bench, self.clock, self.study, self.sender = bench, clock, study, sender

    async def list_uids(self) -> tuple[str, ...]:
        """List the instances of the study."""
        async with self.bench.sessions() as session:
            found = await list_instances(session, self.study.id)
        return tuple(each.sop_instance_uid for each in found)

    async def ask(self, *uids: str, sop_class_uid: str = "") -> Question:
        """Ask about instances."""
        changes = {"sop_class_uid": sop_class_uid} if sop_class_uid else {}
        question = make_question(self.sender, *uids, **changes)
        await self.put(question)
        return question

    async def put(self, question: Question) -> None:
        """Ask a question."""
        async with unit_of_work(self.bench.sessions) as session:
            outcome = await service.ask(session, question, now=self.clock.instant)
        assert outcome is AskOutcome.TAKEN

    async def find(self) -> Commitment:
        """Find the one question."""
        async with self.bench.sessions() as session:
            return (await session.scalars(select(Commitment))).one()

    async def list_reasons(self) -> dict[str, int | None]:
        """List why each instance is not committed."""
        async with self.bench.sessions() as session:
            rows = await session.execute(
                select(CommitmentInstance.sop_instance_uid, CommitmentInstance.failure_reason)
            )
            return {row[0]: row[1] for row in rows}

    async def list_tasks(self) -> list[Task]:
        """List the tasks about senders that could not be told."""
        async with self.bench.sessions() as session:
            return list(
                await session.scalars(
                    select(Task).where(Task.kind == "commitment").order_by(Task.id)
                )
            )

    async def move_node(self, port: int) -> None:
        """Let the sender listen on another port."""
        async with unit_of_work(self.bench.sessions) as session:
            await session.execute(
                update(Endpoint).where(Endpoint.id == self.sender.endpoint_id).values(port=port)
            )


async def keep_and_ask(bench: Bench, clock: SetClock, *, port: int) -> Asked:
    """Keep a study whose sender CT1 answers on a port, and is promised what it asks about."""
    study = await keep_one(bench, at=clock.instant)
    async with unit_of_work(bench.sessions) as session:
        sender = await session.get_one(Sender, study.sender_id)
        sender.ae_title = "CT1"
        await let_answer(session, sender, port=port)
        await set_days(session, sender, DAYS)
    return Asked(bench, clock, study, sender)
