"""Queries on how long reads and transfers take: from the timeline into versions, and back."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Row, delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.domain.timeline import EventKind
from app.cases.models import Case, CaseEvent
from app.directory.models import Radiologist
from app.dispatch.domain.read_times import Read, ReadTime, measure
from app.dispatch.domain.transfers import TransferTime
from app.dispatch.models import ReadTime as ReadTimeRow
from app.dispatch.models import ReadTimeTable
from app.dispatch.models import TransferTime as TransferTimeRow
from app.dispatch.repository.exam_kinds import map_kinds

_BATCH = 1000
_READING, _SIGNED = "reading", "signed"
_OF_READS = (EventKind.PUT_ASIDE.value, EventKind.RESUMED.value)


async def list_reads(session: AsyncSession, *, since: datetime, until: datetime) -> list[Read]:
    """List the reads signed in a stretch of time, each from its last claim on.

    Time for which the case was put aside does not count.
    """
    query = (
        select(CaseEvent.case_id, Case.reader_id, func.max(CaseEvent.at))
        .join(Case, Case.id == CaseEvent.case_id)
        .where(
            CaseEvent.state_to == _SIGNED,
            CaseEvent.at >= since,
            CaseEvent.at < until,
            Case.reader_id.is_not(None),
        )
        .group_by(CaseEvent.case_id, Case.reader_id)
        .order_by(CaseEvent.case_id)
    )
    signed = (await session.execute(query)).all()
    found: list[Read] = []
    for start in range(0, len(signed), _BATCH):
        found += await _measure(session, signed[start : start + _BATCH])
    return found


async def _measure(
    session: AsyncSession, signed: Sequence[Row[int, int | None, datetime]]
) -> list[Read]:
    kinds = await map_kinds(session, [row[0] for row in signed])
    minutes = await measure_reads(session, {row[0]: row[2] for row in signed})
    return [
        Read(kinds[case_id], reader_id, minutes[case_id])
        for case_id, reader_id, _ in signed
        if reader_id is not None and case_id in minutes
    ]


async def measure_reads(
    session: AsyncSession, signed_at: Mapping[int, datetime]
) -> dict[int, float]:
    """Measure reads from the last claim before they were signed on, without pauses, in minutes.

    One that nobody claimed is in no map.
    """
    events = await _map_events(session, signed_at)
    found = {}
    for case_id, ended in signed_at.items():
        own = [each for each in events[case_id] if each.at <= ended]
        began = max((each.at for each in own if each.state_to == _READING), default=None)
        if began is not None:
            pauses = _find_pauses([each for each in own if each.at >= began], ended=ended)
            found[case_id] = measure(began, ended, pauses=pauses)
    return found


async def _map_events(
    session: AsyncSession, case_ids: Collection[int]
) -> defaultdict[int, list[CaseEvent]]:
    query = (
        select(CaseEvent)
        .where(
            CaseEvent.case_id.in_(case_ids),
            or_(CaseEvent.state_to == _READING, CaseEvent.kind.in_(_OF_READS)),
        )
        .order_by(CaseEvent.at, CaseEvent.id)
    )
    events: defaultdict[int, list[CaseEvent]] = defaultdict(list)
    for each in (await session.scalars(query)).all():
        events[each.case_id].append(each)
    return events


def _find_pauses(
    events: Iterable[CaseEvent], *, ended: datetime
) -> list[tuple[datetime, datetime]]:
    """Find from when to when a case was put aside; one that nobody ended lasts until `ended`."""
    pauses, since = [], None
    for each in events:
        if each.kind == EventKind.PUT_ASIDE.value:
            since = since or each.at
        elif since is not None:
            pauses.append((since, each.at))
            since = None
    return pauses if since is None else [*pauses, (since, ended)]


async def add_table(
    session: AsyncSession,
    rows: Collection[ReadTime],
    *,
    transfers: Collection[TransferTime],
    since: datetime,
    next_due_at: datetime,
    now: datetime,
) -> int:
    """Add a version, and give its id."""
    table = ReadTimeTable(
        made_at=now,
        since=since,
        next_due_at=next_due_at,
        read_count=sum(row.read_count for row in rows if row.radiologist_id is None),
    )
    session.add(table)
    await session.flush()
    if rows:
        await session.execute(insert(ReadTimeRow), [_write(row, table.id) for row in rows])
    if transfers:
        await session.execute(
            insert(TransferTimeRow),
            [
                {
                    "table_id": table.id,
                    "endpoint_id": each.endpoint_id,
                    "seconds": each.seconds,
                    "transfer_count": each.transfer_count,
                }
                for each in transfers
            ],
        )
    return table.id


def _write(row: ReadTime, table_id: int) -> Mapping[str, object]:
    return {
        "table_id": table_id,
        "modality": row.kind.modality,
        "region": row.kind.region.value,
        "radiologist_id": row.radiologist_id,
        "minutes": row.minutes,
        "read_count": row.read_count,
    }


async def forget_tables(session: AsyncSession, *, before: datetime) -> None:
    """Delete versions made before an instant: decisions keep the figures they rest on."""
    await session.execute(delete(ReadTimeTable).where(ReadTimeTable.made_at < before))


async def find_latest(session: AsyncSession) -> ReadTimeTable | None:
    """Find the version in force."""
    query = select(ReadTimeTable).order_by(ReadTimeTable.next_due_at.desc()).limit(1)
    return (await session.scalars(query)).one_or_none()


async def list_named_rows(
    session: AsyncSession, table_id: int
) -> Sequence[Row[ReadTimeRow, str | None]]:
    """List all rows of a version, by kind of exam, each with the name of its reader."""
    name = Radiologist.given_name + " " + Radiologist.family_name
    query = (
        select(ReadTimeRow, name)
        .outerjoin(Radiologist, Radiologist.id == ReadTimeRow.radiologist_id)
        .where(ReadTimeRow.table_id == table_id)
        .order_by(
            ReadTimeRow.modality,
            ReadTimeRow.region,
            ReadTimeRow.radiologist_id.asc().nulls_first(),
        )
    )
    return (await session.execute(query)).all()
