"""Steady load on the three processes with kills between, for SOAK_MINUTES (60); then check it all.

A study every two seconds; readers claim, write and sign over the API. Now and then the gateway or
the scheduler is killed, or the hospital's node is away for a while. Afterwards every acknowledged
instance must be kept as it arrived, every study have one case, signed and delivered to the
hospital's node, no process have grown, and none be left over.

Then one of two schedulers is killed SOAK_SCHEDULER_KILLS (30) times, one about every ten seconds,
while exams arrive and nobody takes most of them: every step must be taken, once.

Then a gateway alone is killed SOAK_KILLS (50) times under four senders, some while its disk is full
or the database away; again all that was acknowledged must be kept, once and as it arrived.
"""

import json as json_format
import os
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event

from app.db.embedded.owner import own
from app.db.schema import upgrade
from app.demo.play.api import StepMissed, wait_for
from app.demo.seeding.seed import Nodes
from app.kit.clock import read_monotonic_s
from app.store.layout import Layout
from benchmarks._figures import MISSING, read_own_version
from benchmarks._folders import make_bench_folder
from benchmarks._gcs import Gcs, running_gcs
from benchmarks._kill_checks import wait_until_indexed
from benchmarks._kills import Killed
from benchmarks._nodes import KillableNode
from benchmarks._proc import find_children, find_left, find_name, kill, list_tree, read_share_mib
from benchmarks._processes import find_program
from benchmarks._scheduler_kills import Night, SchedulersKilled, run_scheduler_kills
from benchmarks._soak_checks import check_cases, check_memory, check_store, count_unfinished
from benchmarks._soak_kills import kill_gateway
from benchmarks._soak_load import Modality, Readers

_MINUTES, _KILLS = "SOAK_MINUTES", "SOAK_KILLS"
_SCHEDULER_KILLS = "SOAK_SCHEDULER_KILLS"
_DEFAULT_MINUTES, _DEFAULT_KILLS, _DEFAULT_SCHEDULER_KILLS = 60.0, 50, 30
_EXAMS_A_KILL, _EXAM_EVERY_S = 20, 0.5
_SEED = 20261122
_GLANCE_S = 2.0
_CALM_S = (20.0, 60.0)
"""Between two disturbances: at least, at most; a short soak has at least four of them."""
_AWAY_S = 5.0
_SETTLED_WITHIN_S = 300.0


def main(*, json: Path | None) -> int:
    """Run the soak, print what was wrong with it, and return 0 if nothing was."""
    program = find_program("storescp", made_by="dcmtk")
    if program is None:
        print("storescp is missing, nothing is measured: apt-get install dcmtk")
        return MISSING
    minutes = float(os.environ.get(_MINUTES, _DEFAULT_MINUTES))
    kills = int(os.environ.get(_KILLS, _DEFAULT_KILLS))
    with make_bench_folder() as folder:
        soak = _run(folder, program=program, seconds=60 * minutes)
        soak.note_scheduler_kills(_kill_schedulers(folder / "schedulers"))
        soak.note_kills(kill_gateway(folder / "kills", kills=kills))
        left = find_left(folder)
        soak.wrong += [f"process {pid} was left over" for pid in left]
    print(f"soak of {minutes:g} minutes: {soak.describe()}")
    for sentence in soak.wrong:
        print(f"  WRONG  {sentence}")
    if json is not None:
        figures = {"minutes": minutes, "version": read_own_version(), "cores": os.cpu_count()}
        json.write_text(json_format.dumps(figures | soak.counts | {"wrong": soak.wrong}, indent=2))
    return 1 if soak.wrong else 0


@dataclass
class _Soak:
    counts: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def describe(self) -> str:
        return ", ".join(f"{count} {what}" for what, count in self.counts.items())

    def note_scheduler_kills(self, killed: SchedulersKilled) -> None:
        self.counts["exams between kills of schedulers"] = killed.exams
        self.counts["steps taken between them"] = killed.steps
        self.counts |= {f"kills of the {name} scheduler": n for name, n in killed.kills.items()}
        self.wrong += killed.wrong

    def note_kills(self, killed: Killed) -> None:
        self.counts["instances acknowledged between kills"] = killed.acknowledged
        self.counts |= {f"kills of the {what}": count for what, count in killed.kills.items()}
        self.wrong += killed.wrong


def _kill_schedulers(folder: Path) -> SchedulersKilled:
    """Kill one of two schedulers again and again, on a database of its own."""
    kills = int(os.environ.get(_SCHEDULER_KILLS, _DEFAULT_SCHEDULER_KILLS))
    if not kills:
        return SchedulersKilled()
    folder.mkdir()
    with own(folder / "database", say=lambda line: print(f"  {line}")) as database:
        upgrade(database.url)
        return run_scheduler_kills(
            Night(
                url=database.url,
                folder=folder,
                kills=kills,
                exams_a_kill=_EXAMS_A_KILL,
                exam_every_s=_EXAM_EVERY_S,
                seed=_SEED,
            )
        )


def _run(folder: Path, *, program: str, seconds: float) -> _Soak:
    with ExitStack() as stack:
        gcs = stack.enter_context(running_gcs(folder))
        nodes = [
            stack.enter_context(
                closing(KillableNode(program, folder=folder / name, ae_title=title))
            )
            for name, title in (("hospital", "HOSPITAL_PACS"), ("centre", "CENTRE_PACS"))
        ]
        for node in nodes:
            node.start()
        hospital, centre = nodes
        gcs.enter_directory(Nodes(hospital_port=hospital.port, centre_port=centre.port))
        modality, readers = Modality(gcs), Readers(gcs)
        disturber = _Disturber(gcs, node=hospital, period_s=seconds / 5)
        _load(modality, readers, disturber=disturber, seconds=seconds)
        soak = _Soak()
        soak.counts = {
            "studies": len(modality.study_instance_uids),
            "instances acknowledged": len(modality.acknowledged),
            "sendings repeated": modality.interruptions,
            "cases signed": len(readers.signed),
            "requests refused": len(readers.refusals),
            **{f"times {what}": count for what, count in disturber.done.items()},
        }
        url, data_dir = gcs.platform.database_url, gcs.settings.data_dir
        soak.wrong += check_store(url, data_dir=data_dir, acknowledged=modality.acknowledged)
        soak.wrong += check_cases(url, sent=modality.study_instance_uids, hospital=hospital.folder)
        soak.wrong += check_memory(disturber.memory_mib)
        return soak


def _load(modality: Modality, readers: Readers, *, disturber: "_Disturber", seconds: float) -> None:
    stop_sending, stop_reading = Event(), Event()
    with ThreadPoolExecutor(2, thread_name_prefix="soak") as pool:
        sending = pool.submit(modality.run, stop_sending)
        reading = pool.submit(readers.run, stop_reading)
        try:
            disturber.run(seconds, beside=[sending, reading])
            stop_sending.set()
            sending.result()
            # A case that never gets there is told by the check, with its name.
            with suppress(StepMissed):
                wait_for(
                    "the end",
                    lambda: disturber.is_settled(modality.study_instance_uids),
                    within_s=_SETTLED_WITHIN_S,
                )
        finally:
            stop_sending.set()
            stop_reading.set()
        reading.result()


class _Disturber:
    """Kills what must survive being killed, and watches the memory of what runs."""

    def __init__(self, gcs: Gcs, *, node: KillableNode, period_s: float) -> None:
        self.done: defaultdict[str, int] = defaultdict(int)
        self.memory_mib: defaultdict[str, list[float]] = defaultdict(list)
        self._gcs = gcs
        self._node = node
        self._longest_calm_s = min(_CALM_S[1], period_s)
        self._chance = Random(20261122)  # noqa: S311 - reproducible load, no secret
        self._acts = (self._kill_gateway, self._kill_node, self._kill_scheduler)

    def run(self, seconds: float, *, beside: list["Future[None]"]) -> None:
        """Disturb for some time; what fails beside ends it."""
        until_s = read_monotonic_s() + seconds
        due_s, number = self._draw_next_s(), 0
        pause = Event()
        while read_monotonic_s() < until_s:
            for future in beside:
                if future.done():
                    future.result()
            self._sample()
            if read_monotonic_s() >= due_s:
                self._acts[number % len(self._acts)]()
                due_s, number = self._draw_next_s(), number + 1
            pause.wait(_GLANCE_S)

    def is_settled(self, sent: Sequence[str]) -> bool | None:
        """Tell whether all is indexed and delivered; nothing if not yet."""
        layout, url = Layout(self._gcs.settings.data_dir), self._gcs.platform.database_url
        if not wait_until_indexed(layout, within_s=0.0):
            return None
        return count_unfinished(url, sent=sent) == 0 or None

    def _draw_next_s(self) -> float:
        shortest = min(_CALM_S[0], self._longest_calm_s)
        return read_monotonic_s() + self._chance.uniform(shortest, self._longest_calm_s)

    def _sample(self) -> None:
        for name, pid in find_children(self._gcs.platform.process.pid).items():
            used = [read_share_mib(each) for each in list_tree(pid)]
            if None not in used and name in {"gateway", "scheduler", "web"}:
                self.memory_mib[name].append(sum(filter(None, used)))

    def _kill_one_of(self, name: str) -> None:
        """Kill a process of `up`, or one that it started in its turn."""
        pid = find_children(self._gcs.platform.process.pid).get(name)
        # It may not have been started again since the last time.
        tree = [] if pid is None else list_tree(pid)
        if tree:
            chosen = self._chance.choice(tree)
            what = find_name(chosen)
            kill(chosen)
            self.done[f"the {what} was killed"] += 1

    def _kill_gateway(self) -> None:
        self._kill_one_of("gateway")

    def _kill_scheduler(self) -> None:
        self._kill_one_of("scheduler")

    def _kill_node(self) -> None:
        self._node.kill()
        Event().wait(_AWAY_S)
        self._node.start()
        self.done["the hospital's node was away"] += 1
