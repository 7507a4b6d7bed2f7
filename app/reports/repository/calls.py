"""Queries on critical findings and on telephone calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.models import Case
from app.directory.models import Radiologist, Site, User
from app.reports.domain.calls import READ_BACK, CallMade
from app.reports.models import Call, CriticalFinding
from app.tasks.models import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """A critical finding, who noted it, and whether it was told and said back."""

    finding_id: int
    task_id: int
    text: str
    noted_at: datetime
    noted_by_name: str
    confirmed_at: datetime | None
    confirmed_by_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """A logged call and who made it."""

    call_id: int
    task_id: int | None
    at: datetime
    by_name: str
    number: str
    outcome: str
    told_to: str
    read_back: bool
    note: str


async def count_findings(session: AsyncSession, case_id: int) -> int:
    """Count the critical findings of a case, confirmed ones too."""
    count = await session.scalar(
        select(func.count()).select_from(CriticalFinding).where(CriticalFinding.case_id == case_id)
    )
    return count or 0


async def add_finding(
    session: AsyncSession,
    *,
    case_id: int,
    task_id: int,
    radiologist_id: int,
    text: str,
    now: datetime,
) -> int:
    """Insert a critical finding; return its id."""
    finding_id: int = (
        await session.execute(
            insert(CriticalFinding)
            .values(
                case_id=case_id,
                task_id=task_id,
                noted_at=now,
                noted_by=radiologist_id,
                text=text,
            )
            .returning(CriticalFinding.id)
        )
    ).scalar_one()
    return finding_id


async def find_unconfirmed_since(session: AsyncSession, case_id: int) -> datetime | None:
    """Find when the oldest critical finding was noted that nobody has confirmed."""
    return await session.scalar(
        select(func.min(CriticalFinding.noted_at))
        .join(Task, Task.id == CriticalFinding.task_id)
        .where(CriticalFinding.case_id == case_id, Task.settled_at.is_(None))
    )


async def list_findings(session: AsyncSession, case_id: int) -> Sequence[FindingRow]:
    """List the critical findings of a case, oldest first."""
    rows = await session.execute(
        select(CriticalFinding, Radiologist, Task.settled_at, Task.outcome, User.display_name)
        .join(Radiologist, Radiologist.id == CriticalFinding.noted_by)
        .join(Task, Task.id == CriticalFinding.task_id)
        .outerjoin(User, User.id == Task.settled_by)
        .where(CriticalFinding.case_id == case_id)
        .order_by(CriticalFinding.id)
    )
    return [
        FindingRow(
            finding_id=finding.id,
            task_id=finding.task_id,
            text=finding.text,
            noted_at=finding.noted_at,
            noted_by_name=f"{reader.given_name} {reader.family_name}".strip(),
            # A case that is set aside ends the call; that says nothing of who heard the finding.
            confirmed_at=settled_at if outcome == READ_BACK else None,
            confirmed_by_name=settled_by if outcome == READ_BACK else None,
        )
        for finding, reader, settled_at, outcome, settled_by in rows
    ]


async def add_call(
    session: AsyncSession, *, case_id: int, call: CallMade, by_user_id: int, now: datetime
) -> int:
    """Insert a call; return its id."""
    call_id: int = (
        await session.execute(
            insert(Call)
            .values(
                case_id=case_id,
                task_id=call.task_id,
                at=now,
                by_user_id=by_user_id,
                number=call.number,
                outcome=call.outcome.value,
                told_to=call.told_to,
                read_back=call.read_back,
                note=call.note,
            )
            .returning(Call.id)
        )
    ).scalar_one()
    return call_id


async def list_calls(session: AsyncSession, case_id: int) -> Sequence[CallRow]:
    """List the calls about a case, oldest first."""
    rows = await session.execute(
        select(Call, User.display_name)
        .join(User, User.id == Call.by_user_id)
        .where(Call.case_id == case_id)
        .order_by(Call.id)
    )
    return [
        CallRow(
            call_id=call.id,
            task_id=call.task_id,
            at=call.at,
            by_name=by_name,
            number=call.number,
            outcome=call.outcome,
            told_to=call.told_to,
            read_back=call.read_back,
            note=call.note,
        )
        for call, by_name in rows
    ]


async def get_telephone(session: AsyncSession, case_id: int) -> str:
    """Read the telephone of the emergency room of a case's site."""
    rows = await session.scalars(
        select(Site.telephone_emergency)
        .join(Case, Case.site_id == Site.id)
        .where(Case.id == case_id)
    )
    return rows.one()
