"""Who else receives: DCMTK, Orthanc, and pynetdicom that only writes the bytes."""

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import httpx

from benchmarks._folders import make_environment
from benchmarks._ingest_files import Sent
from benchmarks._ingest_receiver import Receiver
from benchmarks._processes import find_free_port, find_program, is_taken, read_version, running

DCMTK_SCP, ORTHANC, PYNETDICOM = "storescp", "orthanc", "pynetdicom"


class _FolderReceiver(Receiver):
    """One that keeps each instance as a file of one flat folder."""

    def __init__(self, folder: Path, *, port: int, pid: int, version: str) -> None:
        super().__init__(port=port, pid=pid, version=version)
        self._folder = folder

    def check(self, sent: Sent, *, answered_s: float) -> None:  # noqa: ARG002 - has no index
        """Check that the folder holds what was sent, and empty it."""
        sent.require_same(self._folder.iterdir(), of=str(self._folder))
        shutil.rmtree(self._folder)
        self._folder.mkdir()


@contextmanager
def run_storescp(folder: Path, *, forks: bool = False) -> Iterator[Receiver | None]:
    """Run DCMTK's, which writes the data set as it comes, and never syncs.

    Parameters
    ----------
    forks
        A process for each association: without it, one association is served after the other.
    """
    program = find_program("storescp", made_by="dcmtk")
    if program is None:
        yield None
        return
    received, port = folder / "storescp", find_free_port()
    received.mkdir()
    command = [program, "--quiet", "--accept-all", "--promiscuous", "--bit-preserving"]
    command += ["--fork"] * forks + ["--output-directory", str(received), str(port)]
    with running(
        command,
        log=folder / "storescp.log",
        environment=make_environment({}),
        is_up=lambda: is_taken(port),
    ) as process:
        said = read_version(program)
        yield _FolderReceiver(received, port=port, pid=process.pid, version=said)


@contextmanager
def run_raw(folder: Path) -> Iterator[Receiver | None]:
    """Run pynetdicom in a process of its own."""
    received, log = folder / "raw", folder / "raw.log"
    received.mkdir()
    with running(
        [sys.executable, "-m", "benchmarks._raw_receiver", received],
        log=log,
        environment=make_environment({}),
        is_up=lambda: log.read_text(encoding="utf-8").endswith("\n"),
    ) as process:
        port, released = int(log.read_text(encoding="utf-8")), version("pynetdicom")
        yield _FolderReceiver(received, port=port, pid=process.pid, version=released)


class _OrthancReceiver(Receiver):
    """Orthanc, asked over its HTTP interface what it holds."""

    def __init__(self, url: str, *, port: int, pid: int, version: str) -> None:
        super().__init__(port=port, pid=pid, version=version)
        self._url = url
        self._before = 0

    def check(self, sent: Sent, *, answered_s: float) -> None:  # noqa: ARG002 - has no index
        """Check that Orthanc counts so many more instances."""
        count = int(httpx.get(f"{self._url}/statistics").json()["CountInstances"])
        if count - self._before != sent.images:
            raise AssertionError(f"Orthanc has {count - self._before} of {sent.images}")
        self._before = count


@contextmanager
def run_orthanc(folder: Path) -> Iterator[Receiver | None]:
    """Run Orthanc without plugins, its storage synced."""
    program = find_program("Orthanc", made_by="Orthanc")
    if program is None:
        yield None
        return
    port, http_port = find_free_port(), find_free_port()
    configuration = folder / "orthanc.json"
    configuration.write_text(
        json.dumps(
            {
                "StorageDirectory": str(folder / "orthanc"),
                "IndexDirectory": str(folder / "orthanc"),
                "SyncStorageArea": True,
                "Plugins": [],
                "DicomPort": port,
                "DicomCheckCalledAet": False,
                "HttpPort": http_port,
                "RemoteAccessAllowed": False,
                "AuthenticationEnabled": False,
            }
        ),
        encoding="utf-8",
    )
    with running(
        [program, configuration],
        log=folder / "orthanc.log",
        environment=make_environment({}),
        is_up=lambda: is_taken(port) and is_taken(http_port),
    ) as process:
        url = f"http://127.0.0.1:{http_port}"
        yield _OrthancReceiver(url, port=port, pid=process.pid, version=read_version(program))
