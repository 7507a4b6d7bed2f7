import os
import subprocess
import sys
from pathlib import Path
from threading import Timer

import pytest

from app.kit.bind import Bind
from app.kit.errors import Unavailable
from dicom_gateway.drain import Registration, ask_to_drain, drain, find_running
from tests.plugins.accounts import ROOT

BIND = Bind("127.0.0.1", 11112)
DIES = """
import os, sys
from pathlib import Path
from app.kit.bind import Bind
from dicom_gateway.drain import Registration
Registration(Path(sys.argv[1]), bind=Bind("127.0.0.1", 1))
os._exit(0)
"""


def test_a_gateway_is_found_by_what_it_has_written(tmp_path: Path) -> None:
    registration = Registration(tmp_path, bind=BIND)

    (found,) = find_running(tmp_path)

    assert (found.pid, found.bind, found.drains) == (os.getpid(), BIND, False)
    registration.note_drain()
    assert [each.drains for each in find_running(tmp_path)] == [True]
    registration.close()
    assert find_running(tmp_path) == []


def test_one_that_is_asked_to_drain_sees_it(tmp_path: Path) -> None:
    asked, other = Registration(tmp_path, bind=BIND), Registration(tmp_path, bind=BIND)
    assert not asked.is_asked_to_drain()

    # Two of the same millisecond are found in any order.
    (found,) = (each for each in find_running(tmp_path) if each.path == asked.path)
    ask_to_drain(found)

    assert asked.is_asked_to_drain()
    assert not other.is_asked_to_drain()
    # The mark does not harm what stands behind it.
    assert len(find_running(tmp_path)) == 2
    for each in (asked, other):
        each.close()


def test_one_that_died_is_neither_found_nor_kept(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", DIES, str(tmp_path)], check=True, cwd=ROOT)
    assert len(list(tmp_path.iterdir())) == 1

    assert find_running(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_one_that_ended_meanwhile_is_not_asked(tmp_path: Path) -> None:
    registration = Registration(tmp_path, bind=BIND)
    (found,) = find_running(tmp_path)
    registration.close()

    ask_to_drain(found)

    assert list(tmp_path.iterdir()) == []


def test_a_drain_waits_until_nobody_listens(tmp_path: Path) -> None:
    registrations = [Registration(tmp_path, bind=BIND) for _ in range(2)]
    timers = [Timer(0.2, registrations[0].note_drain), Timer(0.3, registrations[1].close)]
    for timer in timers:
        timer.start()

    drained = drain(tmp_path)

    assert len(drained) == 2
    assert all(each.drains for each in find_running(tmp_path))
    assert registrations[0].is_asked_to_drain()
    for timer in timers:
        timer.join()
    registrations[0].close()


def test_a_drain_without_a_gateway_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no gateway runs on the data folder"):
        drain(tmp_path / "spool" / "running")
