"""What no peer and no disk should be able to do: stop the index for all others."""

import tracemalloc
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from app.db.session import Sessions
from app.directory.models import Sender
from app.intake.models import Association, Instance, Study
from dicom_gateway.index import IndexWriter
from dicom_gateway.journal import JournalWriter
from dicom_gateway.part_file import PartFile
from dicom_gateway.spool import Spool
from dicom_gateway.upkeep import verify
from tests.factories.dicom import ACQUIRED_AT, make_ct_slice, make_ct_study
from tests.factories.journalled import make_seen
from tests.factories.spooled import make_arrival, read_rows, spool_one

pytestmark = pytest.mark.asyncio


async def test_an_image_with_numbers_that_are_none_is_indexed(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    path = spool_one(spool, make_ct_slice(PatientWeight="12.25"), sender_id=sender.id)
    path.write_bytes(path.read_bytes().replace(b"12.25 ", b"  NaN "))

    await index.index_all()

    assert len(await read_rows(sessions)) == 1
    assert spool.list_set_aside() == []


def make_instant_naive(content: bytes) -> bytes:
    return content.replace(ACQUIRED_AT.isoformat().encode(), b"2026-11-20T21:04:30.00000")


def make_sender_huge(content: bytes) -> bytes:
    return content.replace(b'"sender":1,"at":"2', b'"sender":9999999999')


@pytest.mark.parametrize("damage", (make_instant_naive, make_sender_huge))
async def test_an_arrival_whose_note_is_damaged_blocks_nobody(
    spool: Spool,
    sessions: Sessions,
    sender: Sender,
    index: IndexWriter,
    damage: Callable[[bytes], bytes],
) -> None:
    spool_one(spool, make_ct_slice(), sender_id=sender.id)
    bad = spool_one(spool, make_ct_slice(), sender_id=sender.id)
    content = bad.read_bytes()
    assert damage(content) != content
    bad.write_bytes(damage(content))

    await index.index_all()

    assert len(await read_rows(sessions)) == 1
    assert len(spool.list_set_aside()) == 1


async def test_a_name_without_a_file_is_passed_over(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    (spool.layout.incoming / "0.dcm").symlink_to("gone")
    spool_one(spool, make_ct_slice(), sender_id=sender.id)

    await index.index_all()

    assert len(await read_rows(sessions)) == 1
    assert list(spool.layout.quarantine.iterdir()) == []


async def test_a_line_of_the_journal_that_the_database_refuses_blocks_nobody(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    journal = JournalWriter(spool.layout.journal)
    for title in ("CT1", "C\0T", "CT2"):
        journal.write(make_seen(sender_id=sender.id, calling_ae_title=title))
    spool_one(spool, make_ct_slice(), sender_id=sender.id)

    await index.index_all()

    async with sessions() as session:
        titles = await session.scalars(select(Association.calling_ae_title))
        assert sorted(titles) == ["CT1", "CT2"]
    assert len(await read_rows(sessions)) == 1
    journal.close()


async def test_a_study_whose_images_name_two_patients_keeps_them_all(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    study = make_ct_study()
    for number, name in enumerate(("ESSAI^CLAIRE", "AUTRE^ANNE", "ESSAI^CLAIRE", "TIERCE^EVE")):
        dataset = make_ct_slice(study, number=number, PatientName=name, PatientID=name[:5])
        spool_one(spool, dataset, sender_id=sender.id, second=number)
        if number == 1:
            await index.index_all()

    await index.index_all()

    async with sessions() as session:
        (row,) = await session.scalars(select(Study))
        assert (row.instance_count, row.conflict_count) == (4, 0)
        assert await session.scalar(select(func.count(Instance.id))) == 4
    assert spool.list_set_aside() == []


async def test_a_file_whose_sync_has_not_come_back_is_not_taken_yet(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    arrival_id, content = make_arrival(make_ct_slice(), sender_id=sender.id)
    file = PartFile(spool.layout.incoming_path(arrival_id))
    file.write(content)
    file.name(data_set_bytes=int.from_bytes(content[8:16], "little"))

    await index.index_all()
    assert await read_rows(sessions) == []
    file.sync()
    file.close()
    await index.index_all()

    assert [row.arrival_id for row in await read_rows(sessions)] == [arrival_id]


async def test_what_is_sent_again_replaces_a_file_that_a_power_cut_cut_off(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    dataset = make_ct_slice()
    spool_one(spool, dataset, sender_id=sender.id)
    await index.index_all()
    (row,) = await read_rows(sessions)
    stored = spool.layout.stored_path(row.arrival_id)
    stored.write_bytes(stored.read_bytes()[:-100])

    spool_one(spool, dataset, sender_id=sender.id, second=1)
    await index.index_all()

    assert (await verify(sessions, spool=spool)).is_sound


@pytest.mark.parametrize("element", (b"\x19\0\x01\x10OB\0\0", b"\xe1\x7f\x01\x10OB\0\0"))
async def test_a_large_object_is_indexed_whole_wherever_its_bulk_stands(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter, element: bytes
) -> None:
    path = spool_one(spool, make_ct_slice(), sender_id=sender.id)
    # Its preamble says nothing of its length, as with arrivals of before.
    content = bytes(128) + path.read_bytes()[128:]
    at = content.index(b"\x20\0\x0d\0UI") if element < b"\x20" else len(content)
    bulk = element + (40_000_000).to_bytes(4, "little") + bytes(40_000_000)
    path.write_bytes(content[:at] + bulk + content[at:])

    tracemalloc.start()
    await index.index_all()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    (row,) = await read_rows(sessions)
    assert row.size_bytes == len(content) + len(bulk)
    assert (await verify(sessions, spool=spool)).is_sound
    # Only where the identifiers stand behind the bulk must it be read into memory.
    assert element < b"\x20" or most < 30_000_000


async def test_an_image_that_is_not_the_one_announced_is_set_aside(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    path = spool_one(spool, make_ct_slice(), sender_id=sender.id)
    # As one whose UIDs stand so far back that the reception lets the index check them.
    content = path.read_bytes()
    at = content.index(b"\x08\0\x18\0UI") + 8
    path.write_bytes(content[: at + 4] + b"77" + content[at + 6 :])

    await index.index_all()

    assert await read_rows(sessions) == []
    ((_, reason),) = spool.list_set_aside()
    assert reason == "the SOP Instance UID of the data set is not the one of the command"
