import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.db.embedded.lock import FileLock, Holder, LockHeld
from app.kit.errors import Unavailable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "it.lock"


@contextmanager
def _sleeper(descriptor: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a child that holds an open file."""
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=(descriptor,)) as child:
        yield child
        child.kill()


def test_a_lock_is_held_by_one_and_names_it(path: Path) -> None:
    lock = FileLock(path)
    lock.take()

    with pytest.raises(LockHeld, match=f"is in use by process {os.getpid()} on ") as refusal:
        FileLock(path).take()

    assert refusal.value.holder == Holder(**json.loads(path.read_text(encoding="utf-8")))
    lock.release()


def test_a_lock_that_is_given_back_leaves_no_file_and_can_be_taken_again(path: Path) -> None:
    for _ in range(2):
        lock = FileLock(path)
        lock.take()
        lock.release()

    assert not path.exists()


def test_what_a_dead_holder_left_behind_holds_nothing(path: Path) -> None:
    path.write_text(json.dumps({"pid": os.getppid(), "host": "h", "started": "s", "command": "c"}))

    lock = FileLock(path)
    lock.take()

    assert json.loads(path.read_text(encoding="utf-8"))["pid"] == os.getpid()
    lock.release()


def test_a_child_that_inherits_it_holds_it_after_its_parent(path: Path) -> None:
    lock = FileLock(path)
    lock.take()
    with _sleeper(lock.descriptor) as child:
        os.close(lock.descriptor)

        with pytest.raises(LockHeld):
            FileLock(path).take()
        child.send_signal(signal.SIGKILL)
        child.wait()

        freed = FileLock(path)
        freed.take()
    freed.release()


def test_a_holder_that_has_not_written_itself_down_is_no_error(path: Path) -> None:
    lock = FileLock(path)
    lock.take()
    path.write_text("")

    with pytest.raises(LockHeld, match="another process that is just starting"):
        FileLock(path).take()

    lock.release()


def test_a_folder_that_is_not_there_is_explained(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"cannot write .*it\.lock"):
        FileLock(tmp_path / "none" / "it.lock").take()


def test_a_lock_that_is_not_held_has_no_descriptor(path: Path) -> None:
    with pytest.raises(RuntimeError, match="is not held"):
        _ = FileLock(path).descriptor
