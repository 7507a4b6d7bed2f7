"""What comes out of segments, once or again: the index copes with arrivals that it knows."""

import pytest
from sqlalchemy import delete, update

from app.db.session import Sessions, unit_of_work
from app.directory.models import Sender
from app.intake.domain.classes import IntakeClass
from app.intake.models import Instance, Study
from dicom_gateway.index import IndexWriter
from dicom_gateway.segments.settler import Settler
from dicom_gateway.spool import Spool
from dicom_gateway.upkeep import verify
from tests.factories.dicom import ACQUIRED_AT, make_ct_slice
from tests.factories.segments import write_segment
from tests.factories.spooled import make_arrival, read_rows

pytestmark = pytest.mark.asyncio


async def test_a_record_is_indexed_like_a_file(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    arrival_id, content = make_arrival(make_ct_slice(), sender_id=sender.id)
    write_segment(spool.layout, {arrival_id: content})

    Settler(spool.layout).settle()
    await index.index_all()

    (row,) = await read_rows(sessions)
    assert row.arrival_id == arrival_id
    assert spool.layout.stored_path(arrival_id).read_bytes() == content
    assert (await verify(sessions, spool=spool)).is_sound


async def test_a_record_settled_again_changes_nothing(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    arrival_id, content = make_arrival(make_ct_slice(), sender_id=sender.id)
    for _ in range(2):
        write_segment(spool.layout, {arrival_id: content})
        Settler(spool.layout).settle()
        await index.index_all()

    (row,) = await read_rows(sessions)
    assert row.arrival_id == arrival_id
    assert spool.list_waiting() == []
    assert (await verify(sessions, spool=spool)).checked == 1


async def test_a_removed_duplicate_settled_again_is_removed_again(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    dataset = make_ct_slice()
    first, content = make_arrival(dataset, sender_id=sender.id)
    second, same = make_arrival(dataset, sender_id=sender.id, second=1)
    for records in ({first: content, second: same}, {second: same}):
        write_segment(spool.layout, records)
        Settler(spool.layout).settle()
        await index.index_all()

    (row,) = await read_rows(sessions)
    assert row.arrival_id == first
    assert spool.list_waiting() == []
    assert spool.layout.find_arrival(second) is None
    assert (await verify(sessions, spool=spool)).is_sound


@pytest.mark.parametrize("is_removed", (False, True))
@pytest.mark.parametrize("intake_class", (None, IntakeClass.OUT_OF_CONTRACT))
async def test_what_retention_purged_does_not_come_back(
    spool: Spool,
    sessions: Sessions,
    sender: Sender,
    index: IndexWriter,
    *,
    is_removed: bool,
    intake_class: IntakeClass | None,
) -> None:
    arrival_id, content = make_arrival(make_ct_slice(), sender_id=sender.id)
    write_segment(spool.layout, {arrival_id: content})
    Settler(spool.layout).settle()
    await index.index_all()
    async with unit_of_work(sessions) as session:
        gone = {"path": ""} if is_removed else {}
        await session.execute(update(Instance).values(purged_at=ACQUIRED_AT, **gone))
        await session.execute(
            update(Study).values(intake_class=intake_class.value if intake_class else None)
        )
    spool.layout.stored_path(arrival_id).unlink()

    write_segment(spool.layout, {arrival_id: content})
    Settler(spool.layout).settle()
    await index.index_all()

    (row,) = await read_rows(sessions)
    assert row.purged_at == ACQUIRED_AT
    assert spool.layout.find_arrival(arrival_id) is None
    assert spool.list_waiting() == []


async def test_a_record_without_a_row_is_recorded_again(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    arrival_id, content = make_arrival(make_ct_slice(), sender_id=sender.id)
    write_segment(spool.layout, {arrival_id: content})
    Settler(spool.layout).settle()
    await index.index_all()
    async with unit_of_work(sessions) as session:
        await session.execute(delete(Instance))

    write_segment(spool.layout, {arrival_id: content})
    Settler(spool.layout).settle()
    await index.index_all()

    assert len(await read_rows(sessions)) == 1


async def test_a_record_that_is_no_arrival_goes_to_the_quarantine(
    spool: Spool, sender: Sender, index: IndexWriter
) -> None:
    arrival_id, content = make_arrival(make_ct_slice(), sender_id=sender.id)
    strange, _ = make_arrival(make_ct_slice(), sender_id=sender.id)
    write_segment(spool.layout, {strange: b"no DICOM", arrival_id: content})

    Settler(spool.layout).settle()
    await index.index_all()

    ((path, reason),) = spool.list_set_aside()
    assert path.stem == str(strange)
    assert "no DICOM prefix" in reason
    assert spool.layout.stored_path(arrival_id).exists()


async def test_records_that_wait_are_counted_and_damaged_ones_are_told(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    records = dict(make_arrival(make_ct_slice(), sender_id=sender.id) for _ in range(3))
    path = write_segment(spool.layout, records)
    found = await verify(sessions, spool=spool)
    assert (found.waiting, found.is_sound) == (3, True)

    content = bytearray(path.read_bytes())
    content[5000] ^= 1
    path.write_bytes(content)
    found = await verify(sessions, spool=spool)
    assert (found.waiting, found.damaged_segments) == (2, [path.name])

    Settler(spool.layout).settle()
    await index.index_all()
    found = await verify(sessions, spool=spool)
    assert (found.waiting, found.checked, found.is_sound) == (0, 2, False)
    assert found.damaged_segments == [path.with_suffix(".damaged").name]
