"""Backup while everything runs, and restore into an empty place or not at all."""

import asyncio
import json
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio

from app.db.backup.manifest import DamagedBackup, Manifest, verify
from app.db.backup.restore import restore
from app.db.backup.take import backup
from app.db.embedded.lock import FileLock, LockHeld
from app.db.schema import upgrade
from app.db.session import Sessions, unit_of_work
from app.intake import service
from app.intake.domain.arrival import ArrivedInstance
from app.kit.errors import Conflict, Invalid, Unavailable
from tests.factories.arrivals import WAITS, make_arrival
from tests.factories.directory import add_sender, add_site, add_society
from tests.plugins.database import TestServer

_PATHS = "SELECT path, size_bytes, digest FROM instance ORDER BY path"


class Platform:
    """A database and its data folder, with images that go on arriving."""

    def __init__(self, url: str, data_dir: Path, sessions: Sessions, sender_id: int) -> None:
        self.url = url
        self.data_dir = data_dir
        self._sessions = sessions
        self._sender_id = sender_id

    async def receive(self, *, moved: bool = True) -> ArrivedInstance:
        """Receive an image as the gateway does: into the spool, then the row, then the store."""
        arrival = make_arrival(sender_id=self._sender_id)
        waiting = self.data_dir / "spool" / "incoming" / f"{arrival.arrival_id}.dcm"
        waiting.parent.mkdir(parents=True, exist_ok=True)
        waiting.write_bytes(secrets.token_bytes(arrival.size_bytes))
        async with unit_of_work(self._sessions) as session:
            await service.record(session, [arrival], waits=WAITS)
        if moved:
            stored = self.data_dir / arrival.path
            stored.parent.mkdir(parents=True, exist_ok=True)
            waiting.replace(stored)
        return arrival

    def take(self, target: Path) -> Manifest:
        return backup(self.url, data_dir=self.data_dir, target=target, progress=_ignore)


@pytest_asyncio.fixture
async def platform(sessions: Sessions, database_url: str, tmp_path: Path) -> Platform:
    async with unit_of_work(sessions) as session:
        society = await add_society(session)
        site = await add_site(session, society_id=society.id)
        sender = await add_sender(session, site_id=site.id)
    data_dir = tmp_path / "var"
    data_dir.mkdir()
    return Platform(database_url, data_dir, sessions, sender.id)


@pytest.fixture
def empty_url(database_server: TestServer) -> Iterator[str]:
    with database_server.lend_bare() as url:
        yield url


def _ignore(size: int) -> None:
    assert size > 0


def _restore(source: Path, *, url: str, data_dir: Path) -> Manifest:
    return restore(url, data_dir=data_dir, source=source, progress=_ignore)


def _read_rows(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(_PATHS.encode()).fetchall()


def _read_files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.asyncio
async def test_a_restored_backup_is_the_platform_again(
    platform: Platform, empty_url: str, tmp_path: Path
) -> None:
    for _ in range(3):
        await platform.receive()
    (platform.data_dir / "secret.key").write_text("a key", encoding="ascii")
    (platform.data_dir / "secret.key").chmod(0o600)
    documents = platform.data_dir / "documents"
    documents.mkdir()
    (documents / "not-named-by-any-row.pdf").write_bytes(b"a document of no report")
    before = _read_files(platform.data_dir)

    taken = platform.take(tmp_path / "backup")
    restored = _restore(tmp_path / "backup", url=empty_url, data_dir=tmp_path / "new")

    assert taken == restored
    assert taken.missing == ()
    assert _read_rows(empty_url) == _read_rows(platform.url)
    after = _read_files(tmp_path / "new")
    assert after == {name: text for name, text in before.items() if "not-named" not in name}
    assert stat.S_IMODE((tmp_path / "new" / "secret.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "backup").stat().st_mode) == 0o700
    upgrade(empty_url)


@pytest.mark.asyncio
async def test_a_backup_taken_while_images_arrive_is_whole(
    platform: Platform, empty_url: str, tmp_path: Path
) -> None:
    before = [await platform.receive() for _ in range(5)]
    taking = asyncio.create_task(asyncio.to_thread(platform.take, tmp_path / "backup"))
    during = []
    while not taking.done():
        during.append(await platform.receive())

    taken = await taking
    _restore(tmp_path / "backup", url=empty_url, data_dir=tmp_path / "new")

    assert taken.missing == ()
    rows = _read_rows(empty_url)
    assert len(during) > 1
    assert {each.path for each in before} <= {str(path) for path, _, _ in rows}
    for path, size, _ in rows:
        name = Path(str(path)).name
        places = [tmp_path / "new" / str(path), tmp_path / "new" / "spool" / "incoming" / name]
        (found,) = [place for place in places if place.exists()]
        assert found.stat().st_size == size


@pytest.mark.asyncio
async def test_an_image_indexed_while_the_backup_is_taken_is_in_it_once(
    platform: Platform, tmp_path: Path
) -> None:
    arrival = await platform.receive()
    waiting = platform.data_dir / "spool" / "incoming" / f"{arrival.arrival_id}.dcm"
    waiting.hardlink_to(platform.data_dir / arrival.path)

    taken = platform.take(tmp_path / "backup")

    assert taken.missing == ()
    names = [name for name in _read_files(tmp_path / "backup") if name.endswith(".dcm")]
    assert names == [f"files/{arrival.path}"]


@pytest.mark.asyncio
async def test_what_waits_for_the_index_is_in_the_backup_too(
    platform: Platform, empty_url: str, tmp_path: Path
) -> None:
    indexed = await platform.receive(moved=False)
    incoming = platform.data_dir / "spool" / "incoming"
    (incoming / "acknowledged.dcm").write_bytes(b"no row names it yet")
    (incoming / ".half.part").write_bytes(b"never acknowledged")

    taken = platform.take(tmp_path / "backup")
    _restore(tmp_path / "backup", url=empty_url, data_dir=tmp_path / "new")

    assert taken.missing == ()
    assert sorted(path.name for path in (tmp_path / "new" / "spool" / "incoming").iterdir()) == (
        sorted([f"{indexed.arrival_id}.dcm", "acknowledged.dcm"])
    )


@pytest.mark.asyncio
@pytest.mark.parametrize("damage", ["gone", "cut"])
async def test_a_file_that_is_gone_or_cut_is_named_and_the_rest_is_kept(
    platform: Platform, tmp_path: Path, damage: str
) -> None:
    good, bad = [await platform.receive() for _ in range(2)]
    path = platform.data_dir / bad.path
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1])

    taken = platform.take(tmp_path / "backup")

    assert taken.missing == (bad.path,)
    assert f"files/{good.path}" in {entry.path for entry in taken.entries}


@pytest.mark.asyncio
async def test_a_backup_is_never_written_over_another(platform: Platform, tmp_path: Path) -> None:
    platform.take(tmp_path / "backup")

    with pytest.raises(Conflict, match="exists: a backup is never written over another"):
        platform.take(tmp_path / "backup")


@pytest.mark.asyncio
async def test_a_damaged_backup_is_refused_before_anything_is_touched(
    platform: Platform, empty_url: str, tmp_path: Path
) -> None:
    arrival = await platform.receive()
    platform.take(tmp_path / "backup")
    copy = tmp_path / "backup" / "files" / arrival.path
    content = bytearray(copy.read_bytes())
    content[-1] ^= 1
    copy.unlink()
    copy.write_bytes(content)

    with pytest.raises(DamagedBackup, match=f"1 files .* damaged: files/{arrival.path}"):
        _restore(tmp_path / "backup", url=empty_url, data_dir=tmp_path / "new")

    assert not (tmp_path / "new").exists()
    with psycopg.connect(empty_url) as connection:
        assert connection.execute("SELECT to_regclass('instance')").fetchone() == (None,)


@pytest.mark.asyncio
async def test_a_backup_that_names_files_outside_itself_is_refused(
    platform: Platform, tmp_path: Path
) -> None:
    platform.take(tmp_path / "backup")
    path = tmp_path / "backup" / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["entries"][0]["path"] = "files/../../secret"
    path.write_text(json.dumps(content), encoding="utf-8")

    with pytest.raises(DamagedBackup, match="outside the backup"):
        verify(tmp_path / "backup", progress=_ignore)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "it has no manifest.json"),
        ("{", "cannot be read"),
        ("{}", "another format"),
    ],
)
def test_what_is_no_backup_is_refused(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "manifest.json").write_text(text, encoding="utf-8")

    with pytest.raises(DamagedBackup, match=said):
        verify(tmp_path, progress=_ignore)


@pytest.mark.asyncio
async def test_a_database_with_tables_is_not_restored_into(
    platform: Platform, tmp_path: Path
) -> None:
    platform.take(tmp_path / "backup")

    with pytest.raises(Conflict, match=r"has \d+ tables"):
        _restore(tmp_path / "backup", url=platform.url, data_dir=tmp_path / "new")

    assert not list((tmp_path / "new").iterdir())


@pytest.mark.asyncio
async def test_a_data_folder_with_images_is_not_restored_into(
    platform: Platform, empty_url: str, tmp_path: Path
) -> None:
    arrival = await platform.receive()
    platform.take(tmp_path / "backup")

    with pytest.raises(Conflict, match=f"{arrival.path} is in the way"):
        _restore(tmp_path / "backup", url=empty_url, data_dir=platform.data_dir)


@pytest.mark.asyncio
async def test_a_data_folder_in_use_is_not_restored_into(
    platform: Platform, empty_url: str, tmp_path: Path
) -> None:
    platform.take(tmp_path / "backup")
    (tmp_path / "new").mkdir()
    lock = FileLock(tmp_path / "new" / "up.lock")
    lock.take()

    with pytest.raises(LockHeld, match=f"process {os.getpid()}"):
        _restore(tmp_path / "backup", url=empty_url, data_dir=tmp_path / "new")

    lock.release()


def test_a_database_that_is_not_ours_is_not_backed_up(empty_url: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no tables of ours"):
        backup(empty_url, data_dir=tmp_path, target=tmp_path / "backup", progress=_ignore)

    assert not list(tmp_path.iterdir())


def test_a_database_that_does_not_answer_is_said_so_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://nobody:hidden@127.0.0.1:1/none"

    with pytest.raises(Unavailable, match="does not answer") as refusal:
        backup(url, data_dir=tmp_path, target=tmp_path / "backup", progress=_ignore)

    assert "hidden" not in refusal.value.message
