"""Two people on the telephone, two withdrawals, an identity at the moment of the signature."""

import asyncio
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import func, select, update

from app import pipeline
from app.cases.models import Case, CaseEvent
from app.cases.service.identity import IdentityOpen
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.intake.models import Study
from app.kit.errors import Conflict
from app.reports.domain.calls import CallMade, CallOutcome
from app.reports.events import CallLogged
from app.reports.models import Call, CriticalFinding, ReportVersion
from app.tasks.models import Task
from tests.factories.sending import Sending, lay_sending

TOLD = CallMade(
    number="+33500000001", outcome=CallOutcome.REACHED, told_to="Dr Martin", read_back=True
)


@pytest_asyncio.fixture
async def sending(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Sending:
    return await lay_sending(sessions, data_dir=tmp_path, clock=clock)


async def note(sending: Sending, finding: str) -> int:
    async with unit_of_work(sending.sessions) as session:
        found = await pipeline.note_critical(
            session,
            sending.case_id,
            text=finding,
            actor=sending.actor,
            now=sending.clock.instant,
        )
    return found.task_id


async def log(sending: Sending, task_id: int) -> CallLogged:
    async with unit_of_work(sending.sessions) as session:
        return await pipeline.log_call(
            session,
            sending.case_id,
            call=replace(TOLD, task_id=task_id),
            actor=sending.actor,
            now=sending.clock.instant,
        )


async def withdraw(sending: Sending) -> None:
    async with unit_of_work(sending.sessions) as session:
        await pipeline.withdraw_report(
            session,
            sending.case_id,
            base=1,
            reason="Erreur.",
            actor=sending.actor,
            now=sending.clock.instant,
        )


@pytest.mark.asyncio
async def test_of_calls_logged_at_once_all_are_kept_and_one_confirms(sending: Sending) -> None:
    task_id = await note(sending, "Dissection.")

    logged = await asyncio.gather(*(log(sending, task_id) for _ in range(4)))

    async with sending.sessions() as session:
        kinds = Counter(await session.scalars(select(CaseEvent.kind)))
        count = await session.scalar(select(func.count()).select_from(Call))
        critical_at = await session.scalar(select(Case.critical_at))
    assert sum(each.confirmed for each in logged) == 1
    assert (count, kinds["call_made"], kinds["critical_confirmed"]) == (4, 4, 1)
    assert critical_at is None


@pytest.mark.asyncio
async def test_findings_noted_at_once_have_a_task_each(sending: Sending) -> None:
    task_ids = await asyncio.gather(*(note(sending, f"Lésion {n}.") for n in range(4)))

    async with sending.sessions() as session:
        subjects = set(await session.scalars(select(Task.subject)))
        findings = set(await session.scalars(select(CriticalFinding.task_id)))
    assert len(set(task_ids)) == 4
    assert findings == set(task_ids)
    assert subjects == {f"critical:{sending.case_id}:{n}" for n in (1, 2, 3, 4)}


@pytest.mark.asyncio
async def test_a_finding_noted_while_another_is_confirmed_stays_open(sending: Sending) -> None:
    first = await note(sending, "Dissection.")

    logged, second = await asyncio.gather(log(sending, first), note(sending, "Pneumothorax."))

    async with sending.sessions() as session:
        standing = list(await session.scalars(select(Task.id).where(Task.settled_at.is_(None))))
        critical_at = await session.scalar(select(Case.critical_at))
    assert logged.confirmed
    assert standing == [second]
    assert critical_at == sending.clock.instant


@pytest.mark.asyncio
async def test_of_withdrawals_at_once_one_counts(sending: Sending) -> None:
    await sending.sign()

    results = await asyncio.gather(*(withdraw(sending) for _ in range(3)), return_exceptions=True)

    async with sending.sessions() as session:
        query = select(ReportVersion.kind).order_by(ReportVersion.number)
        kinds = list(await session.scalars(query))
    assert sum(each is None for each in results) == 1
    assert sum(isinstance(each, Conflict) for each in results) == 2
    assert kinds == ["report", "withdrawal"]


async def open_identity(sending: Sending) -> None:
    """Do what the index does when images come under another identity."""
    async with unit_of_work(sending.sessions) as session:
        await session.execute(
            update(Study).where(Study.id == sending.study_id).values(identity_open=True)
        )


@pytest.mark.parametrize("head_start_s", [0, 0.005, 0.02, 0.05])
@pytest.mark.asyncio
async def test_an_identity_that_opens_at_the_signature_stops_it_or_is_seen_to_come_after(
    sending: Sending, head_start_s: float
) -> None:
    async def open_later() -> None:
        await asyncio.sleep(head_start_s)
        await open_identity(sending)

    signed, _ = await asyncio.gather(sending.sign(), open_later(), return_exceptions=True)

    async with sending.sessions() as session:
        state = await session.scalar(select(Case.state))
        is_open = await session.scalar(select(Study.identity_open))
    assert is_open
    # Either way somebody is asked: before the signature, or by the task of a signed case.
    assert (state, type(signed)) in {("reading", IdentityOpen), ("signed", type(None))}


@pytest.mark.asyncio
async def test_an_open_identity_lets_nobody_sign(sending: Sending) -> None:
    await open_identity(sending)

    results = await asyncio.gather(*(sending.sign() for _ in range(2)), return_exceptions=True)

    async with sending.sessions() as session:
        signed = await session.scalar(select(func.count(ReportVersion.signed_at)))
    assert all(isinstance(each, IdentityOpen) for each in results)
    assert signed == 0
