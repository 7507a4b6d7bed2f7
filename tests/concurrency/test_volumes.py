"""Volumes written and frozen at the same moment: one after the other, never half of each."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.session import Sessions, unit_of_work
from app.directory.domain import SYSTEM
from app.planning.domain.volumes.contracts import Contract, CountsFor
from app.planning.models import MonthlyVolume, SnapshotShare
from app.planning.repository import volumes_rules
from app.planning.service.snapshots import freeze
from app.planning.service.volumes_imported import import_table
from app.planning.service.volumes_rules import put_contract
from tests.factories.directory import add_site, add_society
from tests.factories.planning import PARIS

NOW = datetime(2026, 12, 5, 12, tzinfo=UTC)
Act = Callable[[AsyncSession], Awaitable[object]]


async def run_together(sessions: Sessions, *acts: Act) -> None:
    """Let all act at one moment, each in a transaction of its own."""
    barrier = asyncio.Barrier(len(acts))

    async def run(act: Act) -> None:
        async with unit_of_work(sessions) as session:
            await session.execute(select(1))
            await barrier.wait()
            await act(session)

    async with asyncio.timeout(30):
        await asyncio.gather(*(run(act) for act in acts))


def load(*rows: tuple[str, int]) -> Act:
    lines = "".join(f"{name};2026-10;{exams}\n" for name, exams in rows)
    content = f"society;month;exams\n{lines}".encode()

    async def act(session: AsyncSession) -> None:
        await import_table(session, content, filename="v.csv", actor=SYSTEM, now=NOW, zone=PARIS)

    return act


async def add_two(sessions: Sessions) -> tuple[str, str]:
    async with unit_of_work(sessions) as session:
        return (await add_society(session)).name, (await add_society(session)).name


@pytest.mark.asyncio
async def test_of_two_files_of_one_month_one_stands_whole(sessions: Sessions) -> None:
    one, two = await add_two(sessions)

    await run_together(sessions, load((one, 1), (two, 2)), load((two, 20), (one, 10)))

    async with unit_of_work(sessions) as session:
        rows = (await session.scalars(select(MonthlyVolume.exams))).all()
    assert sorted(rows) in ([1, 2], [10, 20])


@pytest.mark.asyncio
async def test_shares_that_are_frozen_during_an_import_are_those_before_or_after(
    sessions: Sessions,
) -> None:
    one, two = await add_two(sessions)
    async with unit_of_work(sessions) as session:
        await load((one, 1), (two, 1))(session)

    async def act(session: AsyncSession) -> None:
        await freeze(session, actor=SYSTEM, now=NOW, zone=PARIS)

    await run_together(sessions, load((one, 3), (two, 7)), act)

    async with unit_of_work(sessions) as session:
        shares = (await session.scalars(select(SnapshotShare.share))).all()
    assert sorted(shares) in ([500_000, 500_000], [300_000, 700_000])


@pytest.mark.asyncio
async def test_of_two_contracts_of_one_day_one_stands(sessions: Sessions) -> None:
    async with unit_of_work(sessions) as session:
        society = await add_society(session)
        site_id = (await add_site(session, society_id=society.id)).id

    def agree(counts_for: CountsFor) -> Act:
        contract = Contract(site_id, date(2026, 1, 1), None, counts_for)
        return lambda session: put_contract(session, contract, actor=SYSTEM)

    await run_together(sessions, agree(CountsFor.COMMON), agree(CountsFor.REFERENT))

    async with unit_of_work(sessions) as session:
        found = await volumes_rules.list_contracts(session)
    assert len(found) == 1
    assert found[0].counts_for in {"common", "referent"}
