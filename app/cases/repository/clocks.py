"""The clocks of cases, and the tables that give them."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, bindparam, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.domain.priority import Priority, PriorityRule, fold
from app.cases.domain.sla import Sla
from app.cases.models import CaseSla
from app.directory.models import PriorityRule as PriorityRuleRow
from app.directory.models import Site


async def add_sla(session: AsyncSession, *, case_id: int, sla: Sla, now: datetime) -> None:
    """Keep a snapshot of the clocks."""
    await session.execute(
        insert(CaseSla).values(
            case_id=case_id,
            at=now,
            priority=sla.priority.value,
            signed_within_s=round(sla.signed_within.total_seconds()),
            steps=sla.to_json(),
        )
    )


async def get_sla(session: AsyncSession, case_id: int) -> Sla:
    """Read the snapshot in force, which is the last one."""
    row = (await session.execute(_SLA, {"case_id": case_id})).one()
    return Sla.from_json(row.priority, row.signed_within_s, row.steps)


_SLA = (
    select(CaseSla.priority, CaseSla.signed_within_s, CaseSla.steps)
    .where(CaseSla.case_id == bindparam("case_id", type_=BigInteger))
    .order_by(CaseSla.id.desc())
    .limit(1)
)


async def list_rules(session: AsyncSession) -> list[PriorityRule]:
    """List the rules that give a priority."""
    rows = await session.execute(_RULES)
    return [
        PriorityRule(
            rank=row.rank,
            priority=Priority(row.priority),
            sender_id=row.sender_id,
            modality=row.modality,
            station_name=row.station_name,
            words=fold(row.words or ""),
        )
        for row in rows
    ]


_RULES = select(
    PriorityRuleRow.rank,
    PriorityRuleRow.priority,
    PriorityRuleRow.sender_id,
    PriorityRuleRow.modality,
    PriorityRuleRow.station_name,
    PriorityRuleRow.words,
).order_by(PriorityRuleRow.rank)


async def get_site_clocks(
    session: AsyncSession, site_id: int
) -> tuple[dict[str, int], dict[str, dict[str, Any]]]:
    """Read a site's own minutes until signature, and its own steps and delays, by priority."""
    row = (
        await session.execute(select(Site.sla, Site.escalation).where(Site.id == site_id))
    ).one_or_none()
    return ({}, {}) if row is None else (row.sla, row.escalation)
