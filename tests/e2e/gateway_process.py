"""The gateway as a process of its own, and the programs of DCMTK that send to it."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydicom.filereader import _read_file_meta_info, read_preamble

from app.db.engine import write_conninfo
from app.kit.clock import read_host_clock
from app.store.layout import Layout
from dicom_gateway.admission import RegisteredSender, SenderSnapshot
from dicom_gateway.segments.reading import survey
from dicom_gateway.segments.settler import Settler
from tests.plugins.accounts import ROOT

PATIENCE_S = 60
CALLING = "CT1"
_CODE = "from app.cli import main; main()"
_SENDER = """
WITH society AS (
  INSERT INTO society (name, short_name, joined_on) VALUES ('S', 'S', '2020-01-01') RETURNING id),
site AS (
  INSERT INTO site (name, finess, society_id, telephone_emergency, telephone_ct)
  SELECT 'H', '330000001', id, '1', '2' FROM society RETURNING id),
domain AS (INSERT INTO domain (name) VALUES ('D') RETURNING id)
INSERT INTO sender (name, ae_title, addresses, domain_id, site_id)
SELECT 'CT', 'CT1', '{127.0.0.0/8}', domain.id, site.id FROM domain, site RETURNING id
"""


class GatewayProcess:
    """One gateway on a data folder, with all its processes; started again it takes another port."""

    def __init__(
        self,
        data_dir: Path,
        *,
        database_url: str | None = None,
        name: str = "gateway",
        **settings: str,
    ) -> None:
        self.layout = Layout(data_dir)
        self._settings = {name.upper(): value for name, value in settings.items()}
        if database_url is not None:
            self._settings["DATABASE_URL"] = database_url
        self._process: subprocess.Popen[bytes] | None = None
        self._log = data_dir.parent / f"{data_dir.name}-{name}.log"
        self.port = 0

    def _environment(self) -> dict[str, str]:
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith("ASTREINTE_")},
            # numpy, which pydicom loads, would start a thread for each core.
            "OPENBLAS_NUM_THREADS": "1",
            "ASTREINTE_DATA_DIR": str(self.layout.data_dir),
            "ASTREINTE_DICOM_BIND": "127.0.0.1:0",
            "ASTREINTE_DISK_RESERVE_BYTES": "0",
            "ASTREINTE_LOG_FORMAT": "json",
            "PYTHONPATH": str(ROOT),
            **{f"ASTREINTE_{name}": value for name, value in self._settings.items()},
        }

    def start(self, *arguments: str, wait: bool = True) -> None:
        """Start it, and wait until it listens."""
        self._log.write_bytes(b"")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _CODE, "gateway", *arguments],
                env=self._environment(),
                stderr=log,
                cwd="/",
            )
        if wait:
            wait_until(lambda: self.find_events("gateway_listens") != [], self.read_log)
            address = self.find_events("gateway_listens")[0]["address"]
            self.port = int(address.rpartition(":")[2])

    def read_log(self) -> str:
        """Read what it has logged since its start."""
        return self._log.read_text(encoding="utf-8")

    def find_events(self, name: str) -> list[dict[str, Any]]:
        """Find the events of one name in its log."""
        lines = [line for line in self.read_log().splitlines() if line.startswith("{")]
        return [event for line in lines if (event := json.loads(line))["event"] == name]

    def find_pids(self, part: str) -> list[int]:
        """Find the processes of a part (`reception`, `index`) that live."""
        started = self.find_events("process_started")
        return [
            each["pid"]
            for each in started
            if each["process"].partition("-")[0] == part and is_alive(each["pid"])
        ]

    def count_held(self) -> tuple[int, int]:
        """Count the threads of its one reception process, and what that has open."""
        (pid,) = self.find_pids("reception")
        of_process = Path(f"/proc/{pid}")
        return len(list((of_process / "task").iterdir())), len(list((of_process / "fd").iterdir()))

    def read_memory_bytes(self) -> dict[str, int]:
        """Read how much memory each part has in use (resident), all processes of it together."""
        assert self._process is not None
        pids = {"supervisor": [self._process.pid]}
        pids |= {part: self.find_pids(part) for part in ("reception", "index")}
        return {part: sum(map(_read_resident_bytes, of_part)) for part, of_part in pids.items()}

    def kill(self) -> None:
        """Kill it as a power cut would, but for the disk; its processes die with it."""
        pids = [*self.find_pids("reception"), *self.find_pids("index")]
        self._end(signal.SIGKILL)
        wait_until(lambda: not any(map(is_alive, pids)), within_s=10)

    def kill_part(self, part: str) -> None:
        """Kill all processes of a part (`reception`, `index`): the gateway starts them again."""
        pids = self.find_pids(part)
        assert pids, self.read_log()
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not any(map(is_alive, pids)), within_s=10)

    def drain(self) -> str:
        """Ask it to drain, as a person does at the terminal; return what that said."""
        said = subprocess.run(
            [sys.executable, "-c", _CODE, "gateway", "drain"],
            env=self._environment(),
            capture_output=True,
            check=True,
            text=True,
            cwd="/",
        )
        return said.stdout

    def stop(self) -> int:
        """Ask it to stop; return its exit code."""
        return self._end(signal.SIGTERM)

    def wait(self) -> int:
        """Wait until it ends by itself; return its exit code."""
        assert self._process is not None
        return self._process.wait(PATIENCE_S)

    def _end(self, number: int) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        code = self._process.wait(PATIENCE_S)
        self._process = None
        return code

    @contextmanager
    def running(self) -> Iterator["GatewayProcess"]:
        """Start it, and end it with the block."""
        try:
            # One that does not listen in time is ended too.
            self.start()
            yield self
        finally:
            if self._process is not None:
                self.stop()


def is_alive(pid: int) -> bool:
    """Tell whether a process lives; one that ended and was not waited for does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}


def _read_resident_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    (line,) = (line for line in lines if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def wait_until(
    condition: Callable[[], bool], explain: Callable[[], object] = str, *, within_s: float = 60
) -> None:
    """Wait for something that another process does."""
    until = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < until, f"in vain for {within_s} s: {explain()}"
        time.sleep(0.05)


def write_snapshot(
    data_dir: Path, *, addresses: Sequence[str] = ("127.0.0.0/8",), commits: bool = False
) -> None:
    """Let one sender in, as a gateway does that once saw the directory."""
    data_dir.mkdir(parents=True, exist_ok=True)
    sender = RegisteredSender(1, CALLING, tuple(addresses), commits=commits)
    snapshot = SenderSnapshot((sender,), read_host_clock())
    Layout(data_dir).admission.write_bytes(snapshot.write())


def add_sender(database_url: str) -> int:
    """Put one sender into the directory; return its key."""
    with psycopg.connect(write_conninfo(database_url)) as connection:
        row = connection.execute(_SENDER).fetchone()
    assert row is not None
    return int(row[0])


def ask(database_url: str, query: str) -> list[tuple[Any, ...]]:
    """Ask the database."""
    with psycopg.connect(write_conninfo(database_url)) as connection:
        return connection.execute(query.encode()).fetchall()


def find_program(name: str) -> str:
    """Find a program of DCMTK, or skip the test."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is missing: apt-get install dcmtk")
    return path


class Sender:
    """A running `storescu`, `dcmsend` or `echoscu`; it never waits for a reader."""

    def __init__(self, program: str, arguments: Sequence[str | Path]) -> None:
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by finish()
        self._process = subprocess.Popen(
            [find_program(program), *map(str, arguments)],
            stdout=self._said,
            stderr=subprocess.STDOUT,
            # Without it DCMTK waits 40 ms for each answer.
            env={**os.environ, "TCP_NODELAY": "1"},
        )

    def finish(self) -> tuple[int, str]:
        """Wait for its end; return its exit code and what it said."""
        code = self._process.wait(PATIENCE_S)
        with self._said:
            self._said.seek(0)
            return code, self._said.read()


def start_sender(
    program: str, port: int, *arguments: str | Path, called: str = "ASTREINTE"
) -> Sender:
    """Start a sender as the modality CT1."""
    return Sender(program, ["-aet", CALLING, "-aec", called, "127.0.0.1", str(port), *arguments])


def send(program: str, port: int, *arguments: str | Path, called: str = "ASTREINTE") -> str:
    """Run a sender to its end, which must be a success; return what it said."""
    code, said = start_sender(program, port, *arguments, called=called).finish()
    assert code == 0, said
    return said


def read_data_set(path: Path) -> bytes:
    """Read the encoded data set of a file: what travels in a C-STORE."""
    with path.open("rb") as file:
        read_preamble(file, force=False)
        _read_file_meta_info(file)
        return file.read()


def _settle_for_a_dead_index(layout: Layout) -> None:
    """Do what the next index will do first, if none lives to do it."""
    with (layout.incoming.parent / "index.lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        settler = Settler(layout)
        settler.settle()
        settler.close()


def list_spooled(layout: Layout) -> list[Path]:
    """List all arrivals in `incoming` and in the store, once small ones have files of their own."""

    def is_settled() -> bool:
        _settle_for_a_dead_index(layout)
        return survey(layout.segments).waiting == 0

    wait_until(is_settled)
    return [*layout.incoming.glob("*.dcm"), *layout.store.glob("*/*/*.dcm")]


def read_spooled(layout: Layout) -> dict[str, list[bytes]]:
    """Read the data sets of all arrivals, by SOP Instance UID."""
    kept: dict[str, list[bytes]] = {}
    for path in list_spooled(layout):
        with path.open("rb") as file:
            read_preamble(file, force=False)
            meta = _read_file_meta_info(file)
            kept.setdefault(str(meta.MediaStorageSOPInstanceUID), []).append(file.read())
    return kept


def read_journal(gateway: GatewayProcess) -> list[dict[str, object]]:
    """Read the lines of its one journal."""
    (path,) = gateway.layout.journal.glob("*.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()]
