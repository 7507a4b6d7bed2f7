"""The gateway through kills, a lost database and a full disk: what it acknowledged is kept.

What a sender was told is read from its own protocol: dcmsend's report and storescu's answers. Each
instance that was acknowledged must be in the spool or the store with the bytes that were sent.
"""

import re
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.db.embedded.owner import own
from app.db.schema import upgrade
from dicom_gateway.segments.reading import survey
from tests.e2e.gateway_process import (
    PATIENCE_S,
    GatewayProcess,
    add_sender,
    ask,
    read_data_set,
    read_spooled,
    send,
    start_sender,
    wait_until,
    write_snapshot,
)
from tests.factories.dicom import WrittenStudy, write_ct_study

pytestmark = [pytest.mark.e2e, pytest.mark.peer]
SLICES = 400


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> WrittenStudy:
    """Give a CT of 400 slices."""
    return write_ct_study(tmp_path_factory.mktemp("ct"), slices=SLICES, rows=128)


def find_acknowledged(said: str, study: WrittenStudy) -> set[str]:
    """Read from what `dcmsend -d` or `storescu -d` says which instances had the answer 0x0000."""
    # Both dump each message; in a response, Affected SOP Instance UID stands before DIMSE Status.
    acknowledged, uid = set(), ""
    for line in said.splitlines():
        if found := re.search(r"Affected SOP Instance UID\s*:\s*([0-9.]+)", line):
            uid = found[1]
        elif re.search(r"DIMSE Status\s*:\s*0x0000", line):
            acknowledged.add(uid)
    return acknowledged & set(study.sop_instance_uids)


def send_until_killed(
    gateway: GatewayProcess, program: str, study: WrittenStudy, *, after: int
) -> set[str]:
    """Kill the gateway when it holds so many instances; return what it had acknowledged."""
    sender = start_sender(program, gateway.port, "-d", *study.paths)
    until = time.monotonic() + PATIENCE_S
    while count_arrived(gateway) < after:
        assert time.monotonic() < until, gateway.read_log()
        # The whole study takes less than a second.
        time.sleep(0.001)
    gateway.kill()
    _, said = sender.finish()
    acknowledged = find_acknowledged(said, study)
    assert after // 2 < len(acknowledged) < SLICES, said[-2000:]
    return acknowledged


def count_arrived(gateway: GatewayProcess) -> int:
    """Count the arrivals, also those that are only records of a segment yet."""
    waiting = survey(gateway.layout.segments).waiting
    return waiting + sum(len(each) for each in read_names(gateway))


def read_names(gateway: GatewayProcess) -> tuple[list[Path], list[Path]]:
    layout = gateway.layout
    return list(layout.incoming.glob("*.dcm")), list(layout.store.glob("*/*/*.dcm"))


def assert_kept(gateway: GatewayProcess, study: WrittenStudy, uids: set[str]) -> None:
    """Each is kept, and whatever is kept has the bytes that were sent."""
    sources = dict(zip(study.sop_instance_uids, study.paths, strict=True))
    kept = read_spooled(gateway.layout)
    assert uids <= kept.keys()
    for uid, contents in kept.items():
        assert set(contents) == {read_data_set(sources[uid])}


@pytest.mark.parametrize("program", ("dcmsend", "storescu"))
def test_without_a_database_a_killed_gateway_keeps_what_it_acknowledged(
    tmp_path: Path, study: WrittenStudy, program: str
) -> None:
    write_snapshot(tmp_path / "var")
    gateway = GatewayProcess(tmp_path / "var")
    gateway.start()

    acknowledged = send_until_killed(gateway, program, study, after=100)
    assert_kept(gateway, study, acknowledged)

    with gateway.running():
        send(program, gateway.port, *study.paths)
    assert_kept(gateway, study, set(study.sop_instance_uids))


@pytest.mark.parametrize("program", ("dcmsend", "storescu"))
def test_with_a_database_a_killed_gateway_loses_and_doubles_nothing(
    tmp_path: Path, database_url: str, study: WrittenStudy, program: str
) -> None:
    add_sender(database_url)
    gateway = GatewayProcess(tmp_path / "var", database_url=database_url)
    gateway.start()
    wait_until(gateway.layout.admission.exists, gateway.read_log)

    acknowledged = send_until_killed(gateway, program, study, after=150)
    assert_kept(gateway, study, acknowledged)
    with gateway.running():
        send(program, gateway.port, *study.paths)
        wait_until(lambda: read_names(gateway)[0] == [], gateway.read_log)

    assert ask(
        database_url,
        "SELECT instance_count, conflict_count, "
        "(SELECT count(DISTINCT sop_instance_uid) FROM instance), "
        "(SELECT count(*) FROM instance) FROM study",
    ) == [(SLICES, 0, SLICES, SLICES)]
    kept = read_spooled(gateway.layout)
    assert {uid: len(contents) for uid, contents in kept.items()} == dict.fromkeys(
        study.sop_instance_uids, 1
    )
    assert_kept(gateway, study, set(study.sop_instance_uids))
    outcomes = ask(database_url, "SELECT outcome, reason FROM association ORDER BY opened_at")
    assert outcomes == [("lost", "gateway_ended"), ("released", None)]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Give a folder that the database's account may enter; pytest's own are private."""
    folder = Path(tempfile.mkdtemp(prefix="astreinte-e2e-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_images_arrive_while_the_database_is_away_and_the_gateway_is_killed(
    open_folder: Path, study: WrittenStudy
) -> None:
    data_dir = open_folder / "var"
    halves = study.paths[:60], study.paths[60:120]
    gateway = GatewayProcess(data_dir)
    machine_dir = open_folder / "machine"
    with own(data_dir, say=lambda _: None, durable=False, machine_dir=machine_dir) as database:
        upgrade(database.url)
        add_sender(database.url)
        gateway.start()
        wait_until(gateway.layout.admission.exists, gateway.read_log)

    send("dcmsend", gateway.port, *halves[0])
    gateway.kill()
    gateway.start()
    send("storescu", gateway.port, *halves[1])
    wait_until(lambda: len(read_names(gateway)[0]) == 120, gateway.read_log)

    with own(data_dir, say=lambda _: None, durable=False, machine_dir=machine_dir) as database:
        count = "SELECT COALESCE(sum(instance_count), 0)::int FROM study"
        wait_until(lambda: ask(database.url, count) == [(120,)], gateway.read_log)
        first, last = ask(database.url, "SELECT min(arrived_at), max(arrived_at) FROM instance")[0]
        gateway.stop()
    assert read_names(gateway)[0] == []
    # The instants are those of the arrivals, not of the indexing.
    assert (last - first).total_seconds() > 0.5


def test_a_schema_that_does_not_fit_is_waited_for(tmp_path: Path, database_url: str) -> None:
    written = write_ct_study(tmp_path / "ct", slices=3)
    add_sender(database_url)
    ask(database_url, "UPDATE alembic_version SET version_num = 'later' RETURNING 1")
    write_snapshot(tmp_path / "var")
    gateway = GatewayProcess(tmp_path / "var", database_url=database_url)

    with gateway.running():
        send("dcmsend", gateway.port, *written.paths)
        wait_until(lambda: gateway.find_events("index_waits") != [], gateway.read_log)
        assert "newer" in gateway.find_events("index_waits")[0]["reason"]
        # The settler rests while images come.
        wait_until(lambda: len(read_names(gateway)[0]) == 3, gateway.read_log)


def test_a_full_disk_is_said_and_what_was_acknowledged_stays(
    tmp_path: Path, study: WrittenStudy
) -> None:
    data_dir = tmp_path / "var"
    data_dir.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", data_dir], check=False
    )
    if mounted.returncode != 0:
        pytest.skip("mounting a tmpfs needs root; the limit on a file's size is tested instead")
    try:
        write_snapshot(data_dir)
        with GatewayProcess(data_dir).running() as gateway:
            sender = start_sender("storescu", gateway.port, "-d", "-nh", *study.paths[:100])
            _, said = sender.finish()
        acknowledged = find_acknowledged(said, study)
        assert 20 < len(acknowledged) < 100, said[-2000:]
        assert "0xa700" in said
        assert_kept(gateway, study, acknowledged)
        assert len(read_names(gateway)[0]) == len(acknowledged)
    finally:
        subprocess.run(["umount", data_dir], check=True)


def test_a_limit_on_the_size_of_files_is_answered_like_a_full_disk(
    tmp_path: Path, study: WrittenStudy
) -> None:
    write_snapshot(tmp_path / "var")
    gateway = GatewayProcess(tmp_path / "var")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The gateway inherits it; a slice of 128 rows is larger.
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        gateway.start()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    sender = start_sender("storescu", gateway.port, "-d", study.paths[0])
    _, said = sender.finish()
    gateway.stop()

    assert "0xa700" in said
    assert list(gateway.layout.incoming.iterdir()) == []


def test_when_only_the_reserve_is_left_no_association_begins(
    tmp_path: Path, study: WrittenStudy
) -> None:
    write_snapshot(tmp_path / "var")
    with GatewayProcess(tmp_path / "var", disk_reserve_bytes=str(1 << 60)).running() as gateway:
        sender = start_sender("storescu", gateway.port, "-d", study.paths[0])
        code, said = sender.finish()

    assert code != 0
    # PS3.8 table 9-21: transient, by the presentation layer, temporary congestion.
    assert "Result: Rejected Transient, Source: Service Provider (Presentation Related)" in said, (
        said
    )
    assert "Temporary Congestion" in said
    assert gateway.find_events("reserve_touched") != []


def test_a_stop_lets_the_open_association_finish(tmp_path: Path, study: WrittenStudy) -> None:
    write_snapshot(tmp_path / "var")
    gateway = GatewayProcess(tmp_path / "var")
    gateway.start()
    sender = start_sender("storescu", gateway.port, *study.paths)
    wait_until(lambda: len(read_names(gateway)[0]) > 10, gateway.read_log)

    started = time.monotonic()
    code = gateway.stop()

    sent, _ = sender.finish()
    assert code == 0
    assert time.monotonic() - started < 30
    if sent == 0:
        assert len(read_names(gateway)[0]) == SLICES


def test_two_gateways_on_one_folder_index_every_file_once(
    tmp_path: Path, database_url: str, study: WrittenStudy
) -> None:
    add_sender(database_url)
    write_snapshot(tmp_path / "var")
    one = GatewayProcess(tmp_path / "var", database_url=database_url)
    other = GatewayProcess(tmp_path / "var", database_url=database_url, name="other")

    with one.running(), other.running():
        senders = [
            start_sender("dcmsend", one.port, *study.paths[:100]),
            start_sender("dcmsend", other.port, *study.paths[100:200]),
        ]
        for sender in senders:
            sent, said = sender.finish()
            assert sent == 0, said
        wait_until(lambda: read_names(one)[0] == [], one.read_log)

    assert ask(database_url, "SELECT instance_count FROM study") == [(200,)]
    assert len(read_names(one)[1]) == 200
