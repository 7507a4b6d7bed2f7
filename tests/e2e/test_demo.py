"""The demo, as a newcomer starts it: real processes, real peers, nothing left behind."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.uid import BasicTextSRStorage, EncapsulatedPDFStorage

from app.db.embedded.lock import FileLock

pytestmark = pytest.mark.e2e

PATIENCE_S = 600
"""The demo itself waits that long for what is slow beside a whole suite, and then says what."""
STEPS = (
    "requested",
    "validated",
    "first image",
    "nominated",
    "acknowledged",
    "claimed",
    "preliminary",
    "angiography joined",
    "complete with maps",
    "images at the centre",
    "signed",
    "delivered",
    "read by the hospital",
    "test, rang nobody",
    "prior, rang nobody",
)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Give a data folder that every account may enter; pytest's own are private."""
    folder = Path(tempfile.mkdtemp(prefix="astreinte-e2e-"))
    folder.chmod(0o755)
    yield folder / "var"
    shutil.rmtree(folder)


@contextmanager
def running_demo(data_dir: Path, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Start a demo; one that the test has not seen end, because it failed, is ended."""
    environment = {key: value for key, value in os.environ.items() if key[:9] != "ASTREINTE"}
    demo = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "demo", *arguments],
        env={**environment, "ASTREINTE_DATA_DIR": str(data_dir), "COLUMNS": "140"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with demo:
        try:
            yield demo
        finally:
            # Its platform is tied to it.
            demo.kill()


def list_processes_of(data_dir: Path) -> list[str]:
    """List every process that works on the folder, by its command or its environment."""
    needle = os.fsencode(data_dir)
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes()
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue
        if needle in command + environment:
            found.append(command.replace(b"\0", b" ").decode(errors="replace"))
    return found


def check_nothing_is_left(data_dir: Path) -> None:
    assert list_processes_of(data_dir) == []
    for path in data_dir.rglob("*.lock"):
        lock = FileLock(path)
        lock.take()
        lock.release()
    assert not (data_dir / "up.json").exists()
    assert not (data_dir / "database.json").exists()


def read_hospital_classes(data_dir: Path) -> list[str]:
    folder = data_dir / "peers" / "hospital"
    return sorted(str(dcmread(path).SOPClassUID) for path in folder.glob("*.dcm"))


def test_it_plays_the_main_job_twice_on_one_folder_and_leaves_nothing(data_dir: Path) -> None:
    for times in (1, 2):
        with running_demo(data_dir, "--once") as demo:
            written, complaints = demo.communicate(timeout=PATIENCE_S)

        assert demo.returncode == 0, complaints
        assert complaints == ""
        for step in STEPS:
            assert step in written
        assert "not seen" not in written
        # Once for each of its two studies, in each form.
        reports = [BasicTextSRStorage, EncapsulatedPDFStorage] * 2
        assert read_hospital_classes(data_dir) == sorted(reports * times)
        check_nothing_is_left(data_dir)


def test_two_that_start_at_once_play_on_their_own_platforms(data_dir: Path) -> None:
    folders = [data_dir / "one", data_dir / "other"]
    for folder in folders:
        folder.mkdir(parents=True)
    with ExitStack() as stack:
        demos = [stack.enter_context(running_demo(folder, "--once")) for folder in folders]
        endings = [demo.communicate(timeout=PATIENCE_S) for demo in demos]

    for demo, (written, complaints), folder in zip(demos, endings, folders, strict=True):
        assert demo.returncode == 0, complaints
        assert "not seen" not in written
        assert len(read_hospital_classes(folder)) == 4
        check_nothing_is_left(folder)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_middle_ends_it_all(data_dir: Path, number: signal.Signals) -> None:
    with running_demo(data_dir, "--once") as demo:
        wait_for_file(data_dir / "up.json", demo)

        demo.send_signal(number)
        demo.communicate(timeout=PATIENCE_S)

    assert demo.returncode == 130
    check_nothing_is_left(data_dir)


def test_killed_outright_it_takes_the_platform_with_it(data_dir: Path) -> None:
    with running_demo(data_dir, "--once") as demo:
        wait_for_file(data_dir / "up.json", demo)

        demo.kill()
        demo.communicate(timeout=PATIENCE_S)

    deadline = time.monotonic() + PATIENCE_S
    while list_processes_of(data_dir):
        assert time.monotonic() < deadline, list_processes_of(data_dir)
        time.sleep(0.1)
    check_nothing_is_left(data_dir)


def wait_for_file(path: Path, demo: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not path.exists():
        assert demo.poll() is None, demo.communicate()[1]
        assert time.monotonic() < deadline, f"{path} was not written in time"
        time.sleep(0.05)
