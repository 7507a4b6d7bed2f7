"""How long reads and transfers take, by the version in force: read once, and kept.

A version never changes, and a hundred readers have a thousand rows in it: to read them for each
decision would take as long as the decision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import BigInteger, Select, Text, bindparam, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.together import Query, together
from app.dispatch.domain.exams import ExamKind, Region
from app.dispatch.domain.read_times import ReadTime, ReadTimes
from app.dispatch.models import ReadTime as ReadTimeRow
from app.dispatch.models import ReadTimeTable, TransferTime


class Version(NamedTuple):
    """A version, and the transaction that wrote it: a database put back may count anew."""

    id: int
    written_by: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A version of both."""

    read: ReadTimes = field(default_factory=ReadTimes)
    transfer_s: Mapping[int, float] = field(default_factory=dict)
    """A MiB to each node, in seconds."""


# The last version that was read, by database.
_KEPT: WeakKeyDictionary[object, tuple[Version, Measured]] = WeakKeyDictionary()


def select_version() -> Select[int, str]:
    """Select the version in force."""
    written_by = literal_column("read_time_table.xmin::text", Text).label("written_by")
    latest = ReadTimeTable.next_due_at.desc()
    return select(ReadTimeTable.id, written_by).order_by(latest).limit(1)


_LATEST = select_version()


async def find_measured_in_force(session: AsyncSession) -> Measured:
    """Find what the version in force says."""
    row = (await session.execute(_LATEST)).one_or_none()
    return await find_measured(session, None if row is None else Version(*row))


async def find_measured(session: AsyncSession, version: Version | None) -> Measured:
    """Find what a version says; without one, what is published."""
    if version is None:
        return Measured()
    database = (await session.connection()).engine.sync_engine
    kept = _KEPT.get(database)
    if kept is None or kept[0] != version:
        kept = _KEPT[database] = version, await _read(session, version.id)
    return kept[1]


async def _read(session: AsyncSession, table_id: int) -> Measured:
    async with together(session) as questions:
        reads = questions.ask(_READS.of(table_id=table_id))
        transfers = questions.ask(_TRANSFERS.of(table_id=table_id))
    return Measured(reads.answer, transfers.answer)


def _read_reads(rows: Sequence[tuple[Any, ...]]) -> ReadTimes:
    return ReadTimes(
        ReadTime(ExamKind(modality, Region(region)), radiologist_id, minutes, read_count)
        for modality, region, radiologist_id, minutes, read_count in rows
    )


_VERSION = bindparam("table_id", type_=BigInteger)
_READS = Query(
    select(
        ReadTimeRow.modality,
        ReadTimeRow.region,
        ReadTimeRow.radiologist_id,
        ReadTimeRow.minutes,
        ReadTimeRow.read_count,
    ).where(ReadTimeRow.table_id == _VERSION),
    read=_read_reads,
)
_TRANSFERS: Query[dict[int, float]] = Query(
    select(TransferTime.endpoint_id, TransferTime.seconds).where(TransferTime.table_id == _VERSION),
    read=dict,
)
