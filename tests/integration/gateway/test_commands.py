import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.db.clock import DatabaseClock
from app.db.engine import make_unpooled_engine
from app.db.session import make_sessions, unit_of_work
from app.kit.errors import Unavailable
from app.store.layout import Layout
from dicom_gateway.index import IndexWriter
from dicom_gateway.journal import JournalReader
from dicom_gateway.snapshot import SnapshotFile
from dicom_gateway.spool import Spool
from tests.factories.arrivals import WAITS
from tests.factories.dicom import make_ct_slice
from tests.factories.directory import add_sender, add_site, add_society
from tests.factories.spooled import spool_one


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Path:
    monkeypatch.setenv("ASTREINTE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ASTREINTE_DATABASE_URL", database_url)
    return tmp_path


async def index_one(data_dir: Path, database_url: str) -> None:
    """Index one arrival of a sender that exists."""
    engine = make_unpooled_engine(database_url)
    sessions = make_sessions(engine)
    spool = Spool(Layout(data_dir), reserve_bytes=0)
    spool.prepare()
    async with unit_of_work(sessions) as session:
        society = await add_society(session)
        site = await add_site(session, society_id=society.id)
        sender = await add_sender(session, site_id=site.id)
    spool_one(spool, make_ct_slice(), sender_id=sender.id)
    index = IndexWriter(
        spool=spool,
        journal=JournalReader(spool.layout.journal),
        snapshot=SnapshotFile(spool.layout.admission),
        sessions=sessions,
        clock=DatabaseClock(),
        waits=WAITS,
    )
    await index.index_all()
    await engine.dispose()


def test_verify_says_what_it_found_and_fails_when_a_file_is_gone(
    data_dir: Path, database_url: str
) -> None:
    asyncio.run(index_one(data_dir, database_url))

    sound = CliRunner().invoke(app, ["spool", "verify"])
    (stored,) = (data_dir / "store").glob("*/*/*.dcm")
    stored.unlink()
    broken = CliRunner().invoke(app, ["spool", "verify", "--json"])

    assert sound.exit_code == 0
    assert "1 files are there and unchanged" in sound.stdout
    assert broken.exit_code == 1
    assert json.loads(broken.stdout)["missing"] == [stored.stem]


def test_replay_gives_the_quarantine_back(data_dir: Path) -> None:
    quarantine = data_dir / "spool" / "quarantine"
    quarantine.mkdir(parents=True)
    (quarantine / "a.dcm").write_bytes(b"image")

    replayed = CliRunner().invoke(app, ["spool", "replay"])

    assert replayed.exit_code == 0
    assert (data_dir / "spool" / "incoming" / "a.dcm").read_bytes() == b"image"


def test_without_a_database_verify_says_what_to_do(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ASTREINTE_DATABASE_URL")

    failed = CliRunner().invoke(app, ["spool", "verify"])

    assert isinstance(failed.exception, Unavailable)
    assert "ASTREINTE_DATABASE_URL" in failed.exception.message
