"""Kills of the gateway under load, some while the disk is full or the database away.

What a kill may cost is time: an image that was acknowledged is stored, unchanged and indexed, and
nothing is there twice. `run_kills` is for the soak and for the tests.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from app.kit.clock import read_monotonic_s
from app.store.layout import Layout
from benchmarks._kill_checks import check_kept, wait_until_indexed
from benchmarks._kill_gateway import KillableGateway
from benchmarks._kill_senders import Senders
from benchmarks._kill_windows import Both, Window
from benchmarks._load.image import make_image

SENDERS = 4
DISK_MIB = 512
"""What the disk of `Ground.data_dir` needs, and this for each kill more:"""
DISK_MIB_PER_KILL = 40
_SMALL_SIDE, _LARGE_SIDE = 64, 376
"""8 kB, which goes to a segment, and 280 kB, which gets a file at once."""
_LEAST_PROGRESS = 20
_PROGRESS_WITHIN_S = 60.0
_UP_IN_WINDOW_S = 15.0
_INDEXED_WITHIN_S = 120.0
_GATEWAY, _RECEPTION, _INDEX = "gateway", "reception", "index"
_NOTHING, _DISK, _DATABASE, _BOTH = "nothing", "disk", "database", "both"
_ROUND = (
    (_GATEWAY, _NOTHING),
    (_RECEPTION, _NOTHING),
    (_INDEX, _NOTHING),
    (_GATEWAY, _DISK),
    (_GATEWAY, _DATABASE),
    (_RECEPTION, _DISK),
    (_INDEX, _DATABASE),
    (_GATEWAY, _BOTH),
)
"""What is killed, and what is missing meanwhile; each round in another order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where it happens.

    Parameters
    ----------
    data_dir
        The data folder, on the disk that `disk` fills.
    log
        Of the gateway.
    database_url
        Migrated; the sender `calling` is in its directory, from 127.0.0.1.
    disk, database
        What can be missing.
    settings
        More of the gateway, without prefix.
    """

    data_dir: Path
    log: Path
    database_url: str
    calling: str
    called: str
    disk: Window
    database: Window
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Killed:
    """What came of it; `wrong` are sentences, none when all is well."""

    acknowledged: int = 0
    broken: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def run_kills(ground: Ground, *, kills: int, seed: int) -> Killed:
    """Kill the gateway or a process of it so often, under four senders; then check everything.

    Parameters
    ----------
    ground
        Where.
    kills
        How often, >= 1.
    seed
        Draws the order and the moments.
    """
    return _Run(ground, chance=Random(seed)).run(kills)  # noqa: S311 - reproducible, no secret


class _Run:
    def __init__(self, ground: Ground, *, chance: Random) -> None:
        self._ground = ground
        self._chance = chance
        self._windows: Mapping[str, Window] = {
            _DISK: ground.disk,
            _DATABASE: ground.database,
            _BOTH: Both(ground.disk, ground.database),
        }
        self._gateway = KillableGateway(
            log=ground.log,
            settings={
                "DATA_DIR": str(ground.data_dir),
                "DATABASE_URL": ground.database_url,
                "DISK_RESERVE_BYTES": "0",
                **ground.settings,
            },
        )
        images = [make_image(side) for side in (_SMALL_SIDE, _LARGE_SIDE)]
        self._senders = Senders(images, calling=ground.calling, called=ground.called)
        self._killed = Killed()

    def run(self, kills: int) -> Killed:
        """Start, kill, start again; then let everything settle, and look at it."""
        layout = Layout(self._ground.data_dir)
        try:
            self._start()
            self._wait_for_senders(layout)
            with self._senders.sending(SENDERS):
                for victim, missing in _plan(kills, chance=self._chance):
                    self._await_progress()
                    self._kill(victim, missing=missing)
                self._await_progress()
            self._killed.acknowledged = len(self._senders.sent.acknowledged)
            self._killed.broken = self._senders.sent.broken
            if not wait_until_indexed(layout, within_s=_INDEXED_WITHIN_S):
                self._say("something still waits for the index")
        finally:
            for window in self._windows.values():
                window.close()
            self._gateway.stop()
        self._killed.wrong += check_kept(
            self._ground.database_url, layout=layout, sent=self._senders.sent
        )
        return self._killed

    def _kill(self, victim: str, *, missing: str) -> None:
        window = self._windows.get(missing)
        if window is not None:
            window.open()
        try:
            self._pause(0.05, 0.6)
            self._end(victim)
            if victim == _GATEWAY:
                self._start(within_s=_UP_IN_WINDOW_S)
            self._pause(0.05, 0.6)
        finally:
            if window is not None:
                window.close()
        self._killed.kills[f"{victim}, {missing} missing"] += 1
        if self._gateway.has_ended():
            # On a full disk it may refuse to start, and says so.
            self._start()

    def _end(self, victim: str) -> None:
        if victim == _GATEWAY:
            self._gateway.kill()
            return
        until_s = read_monotonic_s() + _PROGRESS_WITHIN_S
        # It may be waiting for its next start since an earlier kill.
        while not self._gateway.kill_one(victim):
            if self._gateway.has_ended() or read_monotonic_s() > until_s:
                self._say(f"there is no {victim} to be killed")
                return
            time.sleep(0.05)

    def _start(self, *, within_s: float = 60.0) -> None:
        self._gateway.start()
        port = self._gateway.wait_for_port(within_s=within_s)
        if port is not None:
            self._senders.port = port

    def _await_progress(self) -> None:
        """Wait until images are acknowledged again: each kill is to meet work under way."""
        acknowledged = self._senders.sent.acknowledged
        wanted = len(acknowledged) + _LEAST_PROGRESS
        until_s = read_monotonic_s() + _PROGRESS_WITHIN_S
        while len(acknowledged) < wanted:
            if read_monotonic_s() > until_s:
                self._say("nothing was acknowledged any more")
                return
            port = self._gateway.wait_for_port(within_s=1.0)
            if port is not None:
                self._senders.port = port
            time.sleep(0.02)
        self._pause(0.0, 0.5)

    def _wait_for_senders(self, layout: Layout) -> None:
        until_s = read_monotonic_s() + _PROGRESS_WITHIN_S
        while not layout.admission.exists() and read_monotonic_s() < until_s:
            time.sleep(0.05)

    def _pause(self, least_s: float, most_s: float) -> None:
        time.sleep(self._chance.uniform(least_s, most_s))

    def _say(self, sentence: str) -> None:
        self._killed.wrong.append(f"{sentence}; its log ends: {self._gateway.read_log()}")


def _plan(kills: int, *, chance: Random) -> Iterator[Sequence[str]]:
    done = 0
    while done < kills:
        for each in chance.sample(_ROUND, len(_ROUND))[: kills - done]:
            done += 1
            yield each
