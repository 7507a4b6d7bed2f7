"""The three loads of DESIGN §9: the same files from the same client to all receivers."""

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from app.kit.clock import read_monotonic_s
from benchmarks._figures import Bar, Figures, Limit, measure
from benchmarks._folders import make_environment
from benchmarks._ingest_files import Load, Slices
from benchmarks._ingest_gateway import CALLED, CALLING, OURS, GatewayReceiver, run_gateway
from benchmarks._ingest_peers import (
    DCMTK_SCP,
    ORTHANC,
    PYNETDICOM,
    run_orthanc,
    run_raw,
    run_storescp,
)
from benchmarks._ingest_receiver import Receiver
from benchmarks._ingest_syncs import SYNCS, make_syncs
from benchmarks._processes import find_program, read_version

_INDEX_BAR_S = 1.0
_FLOOR = (DCMTK_SCP, SYNCS)
"""Receiving without keeping anything for sure, and then one sync for each image (ADR-0029)."""
_TITLES = ("-aet", CALLING, "-aec", CALLED)

Send = Callable[[str, Slices, Receiver], None]
"""Sends the slices with a client to a receiver, and returns after the last answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLoad:
    """Files that one of DCMTK's clients sends.

    Parameters
    ----------
    work
        What it is, in words.
    client
        Which program.
    bars
        What is asked of our median.
    """

    work: str
    load: Load
    client: str
    send: Send
    bars: tuple[Bar, ...]

    def measure(self, folder: Path, *, settings: Mapping[str, str], runs: int) -> dict[str, Any]:
        """Measure it against all receivers, and tell it."""
        client = find_program(self.client, made_by="dcmtk")
        if client is None:
            # Asked for before anything began.
            raise RuntimeError(f"{self.client} is gone")
        with run_receivers(folder, settings=settings) as (ours, peers):
            receivers = {OURS: ours, **peers.found}
            slices = Slices(folder / "files", load=self.load)
            contestants = {
                name: self._make_contestant(each, slices=slices, client=client)
                for name, each in receivers.items()
            }
            if any(bar.plus == SYNCS for bar in self.bars):
                contestants[SYNCS] = make_syncs(folder, slices=slices)
            figures = measure(contestants, work=self.work, runs=runs)
            figures.images = self.load.images
            figures.versions = {name: each.version for name, each in receivers.items()}
            figures.versions[self.client] = read_version(client)
            figures.skipped += peers.missing
            figures.notes |= _compare_raw(figures, self.bars)
            return figures.tell(self.bars, limits=[_limit_index(ours)])

    def _make_contestant(
        self, receiver: Receiver, *, slices: Slices, client: str
    ) -> Callable[[], float]:
        def contestant() -> float:
            sent = slices.renew()
            # What the one before left unwritten is not for this one to wait for.
            os.sync()
            begun_s = read_monotonic_s()
            self.send(client, slices, receiver)
            answered_s = read_monotonic_s()
            receiver.check(sent, answered_s=answered_s)
            return answered_s - begun_s

        return contestant


@dataclass(frozen=True, slots=True)
class Peers:
    """Who takes part beside us."""

    found: dict[str, Receiver]
    missing: list[str]
    """In words."""


@contextmanager
def run_receivers(
    folder: Path, *, settings: Mapping[str, str], forks: bool = False
) -> Iterator[tuple[GatewayReceiver, Peers]]:
    """Run the gateway and its peers in a new folder.

    Parameters
    ----------
    forks
        Many associations at once: `storescp` forks, and pynetdicom does not take part.
    """
    folder.mkdir()
    with ExitStack() as stack:
        ours = stack.enter_context(run_gateway(folder, settings=settings))
        peers: dict[str, Receiver | None] = {
            ORTHANC: stack.enter_context(run_orthanc(folder)),
            DCMTK_SCP: stack.enter_context(run_storescp(folder, forks=forks)),
        }
        if not forks:
            peers[PYNETDICOM] = stack.enter_context(run_raw(folder))
        found = {name: each for name, each in peers.items() if each is not None}
        missing = [f"{name} is not installed: skipped" for name in peers.keys() - found.keys()]
        yield ours, Peers(found, missing)


def _compare_raw(figures: Figures, bars: Sequence[Bar]) -> dict[str, float]:
    """Tell the ratios to peers that are given the time of the syncs without it, too."""
    return {
        f"{bar.ours} / {bar.peer}, which syncs nothing": round(
            figures.median(bar.ours) / figures.median(bar.peer), 2
        )
        for bar in bars
        if bar.plus is not None and bar.peer in figures.seconds
    }


def _limit_index(ours: GatewayReceiver) -> Limit:
    """Bound the time from the last answer to the whole index; the first run warmed up."""
    return Limit(
        "seconds from the last answer to the whole index",
        median(ours.index_lags_s[1:]),
        _INDEX_BAR_S,
    )


def _send_at_once(client: str, slices: Slices, receiver: Receiver) -> None:
    """Send all files over one association."""
    _run(client, "--scan-directories", "--single-association", receiver, slices.folder)


def _send_one_by_one(client: str, slices: Slices, receiver: Receiver) -> None:
    """Send each file by a client, and so over an association, of its own."""
    for path in slices.paths:
        _run(client, receiver, path)


def _run(client: str, *arguments: str | Receiver | Path) -> None:
    options = [each for each in arguments if isinstance(each, str)]
    (port,) = [str(each.port) for each in arguments if isinstance(each, Receiver)]
    files = [str(each) for each in arguments if isinstance(each, Path)]
    command = [client, "--quiet", *_TITLES, *options, "127.0.0.1", port, *files]
    subprocess.run(command, check=True, env=make_environment({}), stdout=subprocess.DEVNULL)


FILE_LOADS = {
    "large": FileLoad(
        work="400 CT of 512 kB over one association",
        load=Load(images=400, side=512),
        client="dcmsend",
        send=_send_at_once,
        bars=(
            Bar(OURS, ORTHANC, 0.30, goal=0.25, floor=_FLOOR),
            Bar(OURS, DCMTK_SCP, 1.25, goal=1.15, plus=SYNCS),
        ),
    ),
    "small": FileLoad(
        work="1000 CT of 38 kB over one association",
        load=Load(images=1000, side=136),
        client="dcmsend",
        send=_send_at_once,
        bars=(
            Bar(OURS, ORTHANC, 0.33, goal=0.25, floor=_FLOOR),
            Bar(OURS, DCMTK_SCP, 1.35, goal=1.15, plus=SYNCS),
        ),
    ),
    "associations": FileLoad(
        work="60 storescu of one CT of 38 kB, one after the other",
        load=Load(images=60, side=136),
        client="storescu",
        send=_send_one_by_one,
        bars=(Bar(OURS, ORTHANC, 1.1),),
    ),
}
