from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from app.db.session import Sessions, unit_of_work
from app.directory.models import Sender
from app.intake.domain.arrival import AssociationSeen
from app.intake.models import Association, Instance, Study
from app.kit.clock import read_host_clock
from dicom_gateway.index import IndexWriter
from dicom_gateway.journal import JournalWriter
from dicom_gateway.snapshot import SnapshotFile
from dicom_gateway.spool import Spool
from dicom_gateway.upkeep import replay, verify
from tests.factories.arrivals import ASSOCIATION_ID
from tests.factories.dicom import ACQUIRED_AT, make_ct_slice, make_ct_study
from tests.factories.directory import add_sender
from tests.factories.spooled import read_rows, spool_one
from tests.integration.gateway.notices import list_woken, listen_to_work

pytestmark = pytest.mark.asyncio


async def test_arrivals_get_their_rows_and_move_to_the_store(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    study = make_ct_study()
    for number in range(3):
        dataset = make_ct_slice(study, number=number)
        spool_one(spool, dataset, sender_id=sender.id, second=number)

    assert await index.index_all() == 3

    rows = await read_rows(sessions)
    assert [row.instance_number for row in rows] == ["0", "1", "2"]
    assert [row.arrived_at for row in rows] == [
        ACQUIRED_AT + timedelta(seconds=number) for number in range(3)
    ]
    for row in rows:
        path = spool.layout.data_dir / row.path
        assert path == spool.layout.stored_path(row.arrival_id)
        assert path.stat().st_size == row.size_bytes
    assert spool.list_waiting() == []
    assert (await verify(sessions, spool=spool)).is_sound


async def test_the_scheduler_is_woken_once_for_each_batch(
    spool: Spool, sender: Sender, index: IndexWriter, database_url: str
) -> None:
    async with listen_to_work(database_url) as ear:
        dataset = make_ct_slice()
        spool_one(spool, dataset, sender_id=sender.id)
        await index.index_all()
        spool_one(spool, dataset, sender_id=sender.id)
        await index.index_all()

        # The second batch was a duplicate: there is no news in it.
        assert await list_woken(ear) == ["studies"]


async def test_a_crash_between_the_rows_and_the_move_is_repaired(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    path = spool_one(spool, make_ct_slice(), sender_id=sender.id)
    await index.index_all()
    (row,) = await read_rows(sessions)
    spool.layout.stored_path(row.arrival_id).rename(path)

    await index.index_all()

    assert len(await read_rows(sessions)) == 1
    assert spool.layout.stored_path(row.arrival_id).exists()
    assert not path.exists()


async def test_a_repeat_leaves_one_file_and_replaces_a_lost_one(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    dataset = make_ct_slice()
    spool_one(spool, dataset, sender_id=sender.id)
    spool_one(spool, dataset, sender_id=sender.id, second=1)
    await index.index_all()
    (row,) = await read_rows(sessions)
    stored = spool.layout.stored_path(row.arrival_id)
    assert list(spool.layout.store.glob("*/*/*.dcm")) == [stored]
    stored.unlink()

    spool_one(spool, dataset, sender_id=sender.id, second=2)
    await index.index_all()

    assert stored.exists()
    assert (await verify(sessions, spool=spool)).is_sound


def damage_prefix(content: bytes) -> bytes:
    return content.replace(b"DICM", b"XICM", 1)


def cut_off(content: bytes) -> bytes:
    return content[:600]


def drop_uid(content: bytes) -> bytes:
    return content.replace(b"\x20\0\x0d\0UI", b"\x20\0\x0c\0UI")


@pytest.mark.parametrize("damage", (damage_prefix, cut_off, drop_uid, lambda _: b""))
async def test_a_damaged_file_is_set_aside_and_blocks_nobody(
    spool: Spool,
    sessions: Sessions,
    sender: Sender,
    index: IndexWriter,
    damage: Callable[[bytes], bytes],
) -> None:
    spool_one(spool, make_ct_slice(), sender_id=sender.id)
    bad = spool_one(spool, make_ct_slice(), sender_id=sender.id)
    spool_one(spool, make_ct_slice(), sender_id=sender.id)
    content = damage(bad.read_bytes())
    bad.write_bytes(content)

    await index.index_all()

    assert len(await read_rows(sessions)) == 2
    ((aside, reason),) = spool.list_set_aside()
    assert aside.read_bytes() == content
    assert reason


async def test_arrivals_of_a_sender_that_is_gone_wait_in_quarantine_until_it_is_back(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    for sender_id in (sender.id, sender.id + 1, sender.id):
        spool_one(spool, make_ct_slice(), sender_id=sender_id)

    await index.index_all()
    assert len(await read_rows(sessions)) == 2
    ((_, reason),) = spool.list_set_aside()
    assert "no sender" in reason

    async with unit_of_work(sessions) as session:
        added = await add_sender(session, site_id=sender.site_id)
        assert added.id == sender.id + 1
    assert replay(spool) == 1
    await index.index_all()
    assert len(await read_rows(sessions)) == 3


async def test_a_row_that_the_database_refuses_is_set_aside_alone(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    async with unit_of_work(sessions) as session:
        await session.execute(
            text("ALTER TABLE series ADD CONSTRAINT odd CHECK (series_description <> 'ODD')")
        )
    for description in ("A", "ODD", "B"):
        dataset = make_ct_slice(SeriesDescription=description)
        spool_one(spool, dataset, sender_id=sender.id)

    await index.index_all()

    assert len(await read_rows(sessions)) == 2
    ((_, reason),) = spool.list_set_aside()
    assert reason == "the database refuses its rows (SQLSTATE 23514)"


async def test_a_table_that_is_missing_sets_nothing_aside(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    spool_one(spool, make_ct_slice(), sender_id=sender.id)
    async with unit_of_work(sessions) as session:
        await session.execute(text("ALTER TABLE instance RENAME TO later"))

    with pytest.raises(DBAPIError):
        await index.index_all()

    assert len(spool.list_waiting()) == 1
    assert spool.list_set_aside() == []


async def test_the_journal_is_logged_with_the_times_of_the_journal(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    journal = JournalWriter(spool.layout.journal)
    start = AssociationSeen(
        association_id=ASSOCIATION_ID,
        sender_id=sender.id,
        calling_ae_title="CT1",
        called_ae_title="ASTREINTE",
        address="10.0.0.1",
        opened_at=ACQUIRED_AT,
    )
    journal.write(start)
    spool_one(spool, make_ct_slice(), sender_id=sender.id)
    await index.renew_snapshot()
    await index.index_all()
    ended_at = ACQUIRED_AT + timedelta(seconds=9)
    journal.write(replace(start, closed_at=ended_at, outcome="released", instance_count=1))
    await index.index_all()

    async with sessions() as session:
        row = (await session.scalars(select(Association))).one()
    assert (row.opened_at, row.closed_at, row.outcome) == (ACQUIRED_AT, ended_at, "released")
    assert row.instance_count == 1
    assert row.clock_offset_ms is not None
    assert abs(row.clock_offset_ms) < 5000
    journal.close()


async def test_the_instances_of_a_gateway_that_died_are_counted(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    journal = JournalWriter(spool.layout.journal)
    journal.write(
        AssociationSeen(
            association_id=ASSOCIATION_ID,
            sender_id=sender.id,
            calling_ae_title="CT1",
            called_ae_title="ASTREINTE",
            address="10.0.0.1",
            opened_at=ACQUIRED_AT,
        )
    )
    for _ in range(2):
        spool_one(spool, make_ct_slice(), sender_id=sender.id)
    journal.close()

    await index.index_all()

    async with sessions() as session:
        row = (await session.scalars(select(Association))).one()
    assert (row.outcome, row.reason, row.instance_count) == ("lost", "gateway_ended", 2)
    assert list(spool.layout.journal.iterdir()) == []


async def test_the_snapshot_follows_the_directory(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    await index.renew_snapshot()
    snapshot = SnapshotFile(spool.layout.admission).read()
    assert snapshot is not None
    assert [(each.sender_id, each.addresses) for each in snapshot.senders] == [
        (sender.id, ("10.0.0.0/8",))
    ]

    async with unit_of_work(sessions) as session:
        row = await session.get_one(Sender, sender.id)
        row.disabled_at = read_host_clock()
    await index.renew_snapshot()

    snapshot = SnapshotFile(spool.layout.admission).read()
    assert snapshot is not None
    assert snapshot.senders == ()


async def test_a_long_backlog_can_be_left_after_a_batch(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    study = make_ct_study()
    for number in range(401):
        spool_one(spool, make_ct_slice(study, number=number), sender_id=sender.id)

    assert await index.index_all(go_on=lambda: False) == 400
    assert await index.index_all() == 1

    async with sessions() as session:
        assert await session.scalar(select(Study.instance_count)) == 401
        assert await session.scalar(select(func.count(Instance.digest.distinct()))) == 401
