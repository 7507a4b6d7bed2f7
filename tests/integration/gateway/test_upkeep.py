import pytest

from app.db.session import Sessions, unit_of_work
from app.directory.models import Sender
from app.intake.models import Instance
from dicom_gateway.index import IndexWriter
from dicom_gateway.spool import Spool
from dicom_gateway.upkeep import replay, verify
from tests.factories.dicom import make_ct_slice
from tests.factories.spooled import read_rows, spool_one

pytestmark = pytest.mark.asyncio


async def test_verify_names_what_is_missing_damaged_and_unknown(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    for second in range(3):
        spool_one(spool, make_ct_slice(), sender_id=sender.id, second=second)
    await index.index_all()
    missing, damaged, orphan = await read_rows(sessions)
    spool.layout.stored_path(missing.arrival_id).unlink()
    with spool.layout.stored_path(damaged.arrival_id).open("ab") as file:
        file.write(b"x")
    async with unit_of_work(sessions) as session:
        await session.delete(await session.get_one(Instance, orphan.id))

    found = await verify(sessions, spool=spool)

    assert not found.is_sound
    assert (found.missing, found.damaged) == ([missing.arrival_id], [damaged.arrival_id])
    assert found.orphans == [orphan.path]
    assert replay(spool, orphans=found.orphans) == 1
    await index.index_all()
    assert (await verify(sessions, spool=spool)).orphans == []


async def test_verify_names_what_lies_in_quarantine_and_why(
    spool: Spool, sessions: Sessions, sender: Sender, index: IndexWriter
) -> None:
    path = spool_one(spool, make_ct_slice(), sender_id=sender.id + 1)
    await index.index_all()

    found = await verify(sessions, spool=spool)

    assert not found.is_sound
    ((name, reason),) = found.set_aside.items()
    assert name == path.name
    assert "no sender" in reason
