"""Queries on the volumes of months, and on the files that they were imported from."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Scope
from app.directory.models import Site, Society
from app.planning.domain.volumes.counting import MonthlyCount
from app.planning.domain.volumes.reference import Source, SourcedCount
from app.planning.models import MonthlyVolume, VolumeImport

_COUNTS = ("exams", "weighted", "tests", "resends", "priors", "refusals")


async def list_months(
    session: AsyncSession, *, since: date, until: date, scope: Scope
) -> list[MonthlyVolume]:
    """List the rows of the months from `since` up to `until`, by month, society and source.

    The common pot is everybody's.
    """
    query = (
        select(MonthlyVolume)
        .where(MonthlyVolume.month >= since, MonthlyVolume.month < until)
        .order_by(
            MonthlyVolume.month, MonthlyVolume.society_id.asc().nulls_last(), MonthlyVolume.source
        )
    )
    if not scope.everything:
        own = MonthlyVolume.society_id.in_(scope.society_ids)
        query = query.where(or_(own, MonthlyVolume.society_id.is_(None)))
    return list((await session.scalars(query)).all())


def read_count(row: MonthlyVolume) -> SourcedCount:
    """Read a row as the domain has it."""
    counts = {name: getattr(row, name) for name in _COUNTS}
    return SourcedCount(MonthlyCount(row.society_id, row.month, **counts), Source(row.source))


async def find_measured_at(session: AsyncSession, month: date) -> datetime | None:
    """Find when a month was last measured; aware."""
    return await session.scalar(
        select(func.max(MonthlyVolume.written_at)).where(
            MonthlyVolume.month == month, MonthlyVolume.source == Source.MEASURED.value
        )
    )


async def replace_measured(
    session: AsyncSession,
    counts: Iterable[MonthlyCount],
    *,
    reads: Mapping[tuple[int, date], tuple[int, int]],
    since: date,
    until: date,
    now: datetime,
) -> int:
    """Write what was measured in these months instead of what was measured of them before.

    Parameters
    ----------
    reads
        By society and month: cases that its people read, and those of them for others.
    """
    await session.execute(
        delete(MonthlyVolume).where(
            MonthlyVolume.source == Source.MEASURED.value,
            MonthlyVolume.month >= since,
            MonthlyVolume.month < until,
        )
    )
    rows = [
        _write(each, source=Source.MEASURED, now=now)
        | dict(zip(_READS, reads.get((each.society or 0, each.month), (0, 0)), strict=True))
        for each in counts
    ]
    if rows:
        await session.execute(insert(MonthlyVolume), rows)
    return len(rows)


_READS = ("read_count", "read_for_others")


def _write(each: MonthlyCount, *, source: Source, now: datetime) -> dict[str, object]:
    counts = {name: getattr(each, name) for name in _COUNTS}
    return counts | {
        "society_id": each.society,
        "month": each.month,
        "source": source.value,
        "written_at": now,
    }


async def replace_imported(
    session: AsyncSession, counts: Iterable[MonthlyCount], *, import_id: int, now: datetime
) -> None:
    """Write imported months, each instead of what was imported of it before."""
    for each in counts:
        same = (
            MonthlyVolume.society_id.is_(None)
            if each.society is None
            else MonthlyVolume.society_id == each.society
        )
        await session.execute(
            delete(MonthlyVolume).where(
                same,
                MonthlyVolume.month == each.month,
                MonthlyVolume.source == Source.IMPORTED.value,
            )
        )
        values = _write(each, source=Source.IMPORTED, now=now) | {"import_id": import_id}
        await session.execute(insert(MonthlyVolume).values(values))


async def add_import(
    session: AsyncSession,
    *,
    kind: str,
    filename: str,
    digest: bytes,
    row_count: int,
    user_id: int | None,
    now: datetime,
) -> VolumeImport:
    """Add a file of `volumes` or `arrivals` that was read whole."""
    row = VolumeImport(
        kind=kind,
        filename=filename,
        digest=digest,
        row_count=row_count,
        imported_at=now,
        imported_by=user_id,
    )
    session.add(row)
    await session.flush()
    return row


async def list_imports(
    session: AsyncSession, *, scope: Scope, user_id: int | None, limit: int
) -> list[VolumeImport]:
    """List the files of volumes that were imported, the last one first.

    Parameters
    ----------
    scope, user_id
        Only those that gave months of these societies, as they stand, and those of this user.
    """
    query = (
        select(VolumeImport)
        .where(VolumeImport.kind == "volumes")
        .order_by(VolumeImport.id.desc())
        .limit(limit)
    )
    if not scope.everything:
        own = select(MonthlyVolume.import_id).where(MonthlyVolume.society_id.in_(scope.society_ids))
        query = query.where(or_(VolumeImport.id.in_(own), VolumeImport.imported_by == user_id))
    return list((await session.scalars(query)).all())


async def list_members(session: AsyncSession, *, on: date) -> list[Society]:
    """List the societies that are members on a date, by id."""
    query = (
        select(Society)
        .where(Society.joined_on <= on, or_(Society.left_on.is_(None), Society.left_on > on))
        .order_by(Society.id)
    )
    return list((await session.scalars(query)).all())


async def list_all_societies(session: AsyncSession) -> list[Society]:
    """List all societies, also those that have left, by id."""
    return list((await session.scalars(select(Society).order_by(Society.id))).all())


async def list_referents(session: AsyncSession) -> dict[int, int]:
    """List the referent society of each site."""
    return {row.id: row.society_id for row in (await session.scalars(select(Site))).all()}
