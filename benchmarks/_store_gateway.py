"""Our gateway as a receiver: the real process on a real database, everything durable."""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
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
from benchmarks._processes import running
from benchmarks._store_files import Slices
from benchmarks._store_receiver import Receiver

OURS = "astreinte"
CALLING = "VALLON_CT1"
CALLED = "ASTREINTE"
_INDEXED_WITHIN_S = 60.0
_COUNT = "SELECT coalesce(sum(instance_count), 0) FROM study WHERE study_instance_uid = %s"
_ROWS = """
SELECT instance.path, instance.digest FROM instance
JOIN series ON series.id = instance.series_id JOIN study ON study.id = series.study_id
WHERE study.study_instance_uid = %s
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
    """

    def __init__(self, database_url: str, *, data_dir: Path, port: int) -> None:
        super().__init__(port=port, version=read_own_version())
        self._connection = connect(database_url)
        self._connection.autocommit = True
        self._data_dir = data_dir
        self.index_lags_s: list[float] = []

    def check(self, sent: Slices) -> None:
        """Wait for the index, then compare each row and each file of the store with what was sent.

        It is called right after the last answer: how long the index still took is noted.
        """
        begun = read_monotonic_s()
        while self._count(sent) != len(sent.paths):
            if read_monotonic_s() - begun > _INDEXED_WITHIN_S:
                raise AssertionError(f"only {self._count(sent)} of {len(sent.paths)} are indexed")
            time.sleep(0.01)
        self.index_lags_s.append(read_monotonic_s() - begun)
        rows = self._connection.execute(_ROWS, (sent.study_instance_uid,)).fetchall()
        if {bytes(digest) for _, digest in rows} != set(sent.digests):
            raise AssertionError("the digests of the index are not those of what was sent")
        incoming = Layout(self._data_dir).incoming
        while any(incoming.glob("*.dcm")):
            # Rows first, then the files move to where the rows say they lie.
            time.sleep(0.01)
        sent.require_same((self._data_dir / str(path) for path, _ in rows), of="the store")

    def _count(self, sent: Slices) -> int:
        row = self._connection.execute(_COUNT, (sent.study_instance_uid,)).fetchone()
        return int(row[0]) if row is not None else 0

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()


@contextmanager
def run_gateway(folder: Path) -> Iterator[GatewayReceiver]:
    """Run `astreinte gateway` on a database of its own, with the senders of the demo."""
    data_dir, log = folder / "var", folder / "gateway.log"
    with ExitStack() as stack:
        database = stack.enter_context(own(data_dir, say=lambda line: print(f"  {line}")))
        upgrade(database.url)
        nodes = Nodes(hospital_port=1, centre_port=1)
        asyncio.run(
            seed_database(database.url, nodes=nodes, password="-" * 16, zone="Europe/Paris")
        )
        environment = make_environment(
            {"DATA_DIR": str(data_dir), "DATABASE_URL": database.url, "DICOM_BIND": "127.0.0.1:0"}
        )
        stack.enter_context(
            running(
                [sys.executable, "-m", "app.cli", "gateway"],
                log=log,
                environment=environment,
                is_up=lambda: _find_port(log) > 0 and Layout(data_dir).admission.exists(),
            )
        )
        receiver = GatewayReceiver(database.url, data_dir=data_dir, port=_find_port(log))
        stack.callback(receiver.close)
        yield receiver


def _find_port(log: Path) -> int:
    for line in log.read_text(encoding="utf-8").splitlines():
        if line.startswith("{") and (event := json.loads(line))["event"] == "gateway_listens":
            return int(event["address"].rpartition(":")[2])
    return 0
