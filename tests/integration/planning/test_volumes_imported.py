"""Volumes on a real database: imported whole or not at all, frozen with who and when."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import SYSTEM, Actor, Grant, PermissionDenied, Role
from app.directory.domain.actor import EVERYTHING
from app.kit.errors import Invalid
from app.planning.domain.errors import NothingToShare
from app.planning.domain.volumes.staffing import Shortage
from app.planning.models import MonthlyVolume, SnapshotShare, VolumeImport
from app.planning.repository import snapshots, volumes_monthly
from app.planning.service import snapshots as freezing
from app.planning.service.volumes_imported import (
    NotThePreview,
    TableRefused,
    import_table,
    preview_table,
)
from tests.factories.planning import PARIS, add_group
from tests.factories.stage import (
    add_society,
)

NOW = datetime(2026, 12, 5, 12, tzinfo=UTC)
DECEMBER = date(2026, 12, 1)


async def list_rows(session: AsyncSession, society_id: int | None) -> list[MonthlyVolume]:
    rows = await volumes_monthly.list_months(
        session, since=date(2020, 1, 1), until=date(2030, 1, 1), scope=EVERYTHING
    )
    return [row for row in rows if row.society_id == society_id]


def write_table(*rows: tuple[str, str, int]) -> bytes:
    lines = "".join(f"{name};{month};{exams}\n" for name, month, exams in rows)
    return f"society;month;exams\n{lines}".encode()


@pytest.mark.asyncio
async def test_a_file_is_imported_whole_and_replaces_its_months(session: AsyncSession) -> None:
    society, other = await add_society(session), await add_society(session)
    first = write_table((society.short_name, "2026-10", 10), (other.name, "2026-10", 5))
    second = write_table((society.name, "2026-10", 12))

    async def load(content: bytes, digest: str | None = None) -> VolumeImport:
        return await import_table(
            session, content, filename="v.csv", actor=SYSTEM, now=NOW, zone=PARIS, digest=digest
        )

    preview = await preview_table(session, first, actor=SYSTEM, now=NOW, zone=PARIS)
    assert await list_rows(session, society.id) == []
    await load(first, preview.digest)
    row = await load(second)

    (found,) = await list_rows(session, society.id)
    (kept,) = await list_rows(session, other.id)
    assert (found.exams, found.weighted, found.import_id) == (12, 12_000, row.id)
    assert kept.exams == 5
    assert (row.row_count, row.imported_at, len(row.digest)) == (1, NOW, 32)
    with pytest.raises(NotThePreview):
        await load(second, preview.digest)


@pytest.mark.asyncio
async def test_of_a_file_with_a_fault_nothing_is_imported(session: AsyncSession) -> None:
    society = await add_society(session)
    content = write_table((society.name, "2026-10", 10), ("Nobody", "2026-10", 1))

    with pytest.raises(TableRefused, match="line 3, column 1: there is no society 'Nobody'"):
        await import_table(session, content, filename="v.csv", actor=SYSTEM, now=NOW, zone=PARIS)
    assert await list_rows(session, society.id) == []
    assert (await session.scalars(select(VolumeImport))).all() == []


@pytest.mark.asyncio
async def test_a_planner_imports_their_own_society_and_neither_others_nor_the_pot(
    session: AsyncSession,
) -> None:
    own, other = await add_society(session), await add_society(session)
    planner = Actor(None, "x", grants=(Grant(Role.PLANNER, society_id=own.id),))

    async def look(name: str) -> None:
        content = write_table((name, "2026-10", 1))
        await preview_table(session, content, actor=planner, now=NOW, zone=PARIS)

    await look(own.name)
    for name in (other.name, "common"):
        with pytest.raises(PermissionDenied):
            await look(name)


@pytest.mark.asyncio
async def test_shares_are_frozen_with_who_and_when_and_stay(session: AsyncSession) -> None:
    one, two = await add_society(session), await add_society(session)
    table = write_table(
        (one.name, "2025-12", 30),
        (one.name, "2026-11", 45),
        (two.name, "2026-01", 25),
        (two.name, "2025-11", 99),
        ("common", "2026-01", 10),
    )
    await import_table(session, table, filename="v.csv", actor=SYSTEM, now=NOW, zone=PARIS)

    row = await freezing.freeze(session, actor=SYSTEM, now=NOW, zone=PARIS, note="first")
    late = write_table((two.name, "2026-01", 500))
    await import_table(session, late, filename="w.csv", actor=SYSTEM, now=NOW, zone=PARIS)

    shares = await snapshots.list_shares(session, snapshot_id=row.id, scope=EVERYTHING)
    by_society = {each.society_id: each for each in shares}
    assert (row.period.lower, row.period.upper) == (date(2025, 12, 1), DECEMBER)
    assert (row.frozen_at, row.frozen_by, row.note) == (NOW, None, "first")
    assert (by_society[one.id].share, by_society[two.id].share) == (750_000, 250_000)
    assert by_society[one.id].common == 7_500
    assert sum(each.weighted for each in shares) == 110_000
    assert sum(each.share for each in shares) == 1_000_000
    with pytest.raises(IntegrityError):
        await session.execute(
            update(SnapshotShare).where(SnapshotShare.id == shares[0].id).values(share=0)
        )


@pytest.mark.asyncio
async def test_without_any_volume_nothing_is_frozen(session: AsyncSession) -> None:
    await add_society(session)

    found = await freezing.compute(session, today=NOW.date())
    assert found.shares == ()
    with pytest.raises(NothingToShare, match="no society brought any exam from 2025-12-01"):
        await freezing.freeze(session, actor=SYSTEM, now=NOW, zone=PARIS)
    with pytest.raises(Invalid, match="a month that is over"):
        await freezing.compute(session, today=NOW.date(), until=date(2027, 1, 1))


@pytest.mark.asyncio
async def test_a_society_that_cannot_hold_its_share_is_warned_of(session: AsyncSession) -> None:
    group = await add_group(session, volumes=(1, 1), people_each=2)
    crowded, easy = group.societies

    found = await freezing.warn_of_shortages(
        session, {crowded: 990_000, easy: 10_000}, first=date(2026, 12, 7), zone=PARIS
    )

    assert {each.society for each in found} == {crowded}
    deep_night = next(each for each in found if each.segment == "deep_night")
    # 91 nights of two readers, a backup and a coordinator; two people, eight nights in 28 days.
    assert deep_night == Shortage(
        crowded, "deep_night", owed=91 * 4 * 99 // 100, most=2 * 32, people=2
    )
