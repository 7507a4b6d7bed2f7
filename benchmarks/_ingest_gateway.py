"""Our gateway as a receiver: the real process on a real database, everything durable."""

import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from app.db.embedded.owner import own
from app.db.engine import connect
from app.db.schema import upgrade
from app.demo.seeding.seed import Nodes, seed_database
from app.kit.clock import read_monotonic_s
from app.store.layout import Layout
from benchmarks._figures import read_own_version
from benchmarks._folders import make_environment
from benchmarks._ingest_files import Sent
from benchmarks._ingest_receiver import Receiver
from benchmarks._processes import running

OURS = "astreinte"
CALLING = "VALLON_CT1"
CALLED = "ASTREINTE"
_INDEXED_WITHIN_S = 60.0
_COUNT = "SELECT coalesce(sum(instance_count), 0) FROM study WHERE study_instance_uid = ANY(%s)"
_ROWS = """
SELECT instance.path, instance.digest FROM instance
JOIN series ON series.id = instance.series_id JOIN study ON study.id = series.study_id
WHERE study.study_instance_uid = ANY(%s)
"""


class GatewayReceiver(Receiver):
    """The gateway, its store and its index.

    Parameters
    ----------
    database_url
        Where it indexes.
    data_dir
        Where it keeps the files.
    port
        Where it listens.
    pid
        Its first process.
    """

    def __init__(self, database_url: str, *, data_dir: Path, port: int, pid: int) -> None:
        super().__init__(port=port, pid=pid, version=read_own_version())
        self._connection = connect(database_url)
        self._connection.autocommit = True
        self._data_dir = data_dir
        self.index_lags_s: list[float] = []

    def check(self, sent: Sent, *, answered_s: float) -> None:
        """Wait for the index, then compare each row and each file of the store with what was sent.

        How long the index still took after the last answer is noted.
        """
        while self._count(sent) != sent.images:
            if read_monotonic_s() - answered_s > _INDEXED_WITHIN_S:
                raise AssertionError(f"only {self._count(sent)} of {sent.images} are indexed")
            time.sleep(0.01)
        self.index_lags_s.append(read_monotonic_s() - answered_s)
        rows = self._connection.execute(_ROWS, (list(sent.studies),)).fetchall()
        if Counter(bytes(digest) for _, digest in rows) != sent.digests:
            raise AssertionError("the digests of the index are not those of what was sent")
        incoming = Layout(self._data_dir).incoming
        while any(incoming.glob("*.dcm")):
            # Rows first, then the files move to where the rows say they lie.
            time.sleep(0.01)
        sent.require_same((self._data_dir / str(path) for path, _ in rows), of="the store")

    def _count(self, sent: Sent) -> int:
        row = self._connection.execute(_COUNT, (list(sent.studies),)).fetchone()
        return int(row[0]) if row is not None else 0

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()


def read_many_settings() -> dict[str, str]:
    """Give the settings that let hundreds of associations of one sender in."""
    settings = {"DICOM_ASSOCIATIONS": "1000", "DICOM_SENDER_ASSOCIATIONS": "1000"}
    workers = os.environ.get("INGEST_WORKERS")
    return settings if workers is None else {**settings, "DICOM_WORKERS": workers}


@contextmanager
def run_database(folder: Path) -> Iterator[str]:
    """Run a database in a folder, with the demo's directory in it; gives its URL."""
    with own(folder, say=lambda line: print(f"  {line}")) as database:
        upgrade(database.url)
        nodes = Nodes(hospital_port=1, centre_port=1)
        asyncio.run(
            seed_database(database.url, nodes=nodes, password="-" * 16, zone="Europe/Paris")
        )
        yield database.url


@contextmanager
def run_gateway(folder: Path, *, settings: Mapping[str, str]) -> Iterator[GatewayReceiver]:
    """Run `astreinte gateway` on a database of its own, with the senders of the demo."""
    data_dir, log = folder / "var", folder / "gateway.log"
    with ExitStack() as stack:
        database_url = stack.enter_context(run_database(data_dir))
        environment = make_environment(
            {
                "DATA_DIR": str(data_dir),
                "DATABASE_URL": database_url,
                "DICOM_BIND": "127.0.0.1:0",
                **settings,
            }
        )
        process = stack.enter_context(
            running(
                [sys.executable, "-m", "app.cli", "gateway"],
                log=log,
                environment=environment,
                is_up=lambda: _find_port(log) > 0 and Layout(data_dir).admission.exists(),
            )
        )
        receiver = GatewayReceiver(
            database_url, data_dir=data_dir, port=_find_port(log), pid=process.pid
        )
        stack.callback(receiver.close)
        yield receiver


def _find_port(log: Path) -> int:
    for line in log.read_text(encoding="utf-8").splitlines():
        if line.startswith("{") and (event := json.loads(line))["event"] == "gateway_listens":
            return int(event["address"].rpartition(":")[2])
    return 0
