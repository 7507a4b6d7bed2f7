"""Receive 200 associations at once, alone and beside 20 that stall in the middle of a PDU.

Five pairs of runs, after one pair that warms up; CROWD_PAIRS gives another number. The second run
of one pair is the first kind of the next. In every run all images are kept, byte for byte, and
indexed. Those that stall do so from before the first image until after the last answer.
"""

import os
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks._figures import Figures, Limit
from benchmarks._folders import make_bench_folder
from benchmarks._ingest_crowds import INDEX_LAG, SIDE, require_all
from benchmarks._ingest_gateway import GatewayReceiver, read_many_settings, run_gateway
from benchmarks._load.crowd import Crowd, Result
from benchmarks._load.image import make_image
from benchmarks._load.recording import Image
from benchmarks._load.running import bring
from benchmarks._memory import Peak, note_own_peaks, sampling
from benchmarks._proc import list_tree, read_processor_s

_CROWD: Final = Crowd(associations=200, images=20)
_STALLED: Final = 20
_PAIRS: Final = 5
_CHANGE: Final = 0.2
# Longer than any run: none loses its slot meanwhile.
_STALL_SETTINGS: Final = {"DICOM_STALL_TIMEOUT": "600", "DICOM_IDLE_TIMEOUT": "600"}


def main(*, json: Path | None) -> int:
    """Measure the pairs, and judge the median of their ratios."""
    pairs = int(os.environ.get("CROWD_PAIRS", _PAIRS))
    figures = Figures(
        f"{_CROWD.associations} at once, {_CROWD.images} CT of 38 kB over each: "
        f"an association's seconds, median of each run, alone and beside {_STALLED} that stall"
    )
    with ExitStack() as stack:
        folder = stack.enter_context(make_bench_folder())
        settings = {**read_many_settings(), **_STALL_SETTINGS}
        ours = stack.enter_context(run_gateway(folder, settings=settings))
        contest = _Contest(ours, image=make_image(SIDE))
        contest.warm_up()
        for number in range(pairs):
            contest.run_pair(stalled_first=number % 2 == 1)
        figures.memory = {"astreinte": contest.find_peak()}
        figures.notes = contest.describe()
        figures.versions = {"astreinte": ours.version}
    figures.seconds = {"alone": contest.alone, "beside stalled": contest.beside}
    ratios = [beside / alone for alone, beside in zip(contest.alone, contest.beside, strict=True)]
    figures.notes |= {f"ratio of pair {number}": ratio for number, ratio in enumerate(ratios, 1)}
    change = Limit(
        "beside those that stall / alone, median of the pairs",
        median(ratios),
        1 + _CHANGE,
        least=1 - _CHANGE,
    )
    return figures.report([], limits=[change], json_file=json)


class _Contest:
    """Runs of both kinds at one gateway, and what they found."""

    def __init__(self, ours: GatewayReceiver, *, image: Image) -> None:
        self.alone: list[float] = []
        self.beside: list[float] = []
        self._ours = ours
        self._image = image
        self._peak = Peak()
        self._opened_s: list[float] = []
        self._rates: list[float] = []
        self._processor_s: dict[int, list[float]] = {0: [], _STALLED: []}

    def warm_up(self) -> None:
        """Run both kinds once, uncounted, while memory is sampled."""
        with sampling(self._ours.pid) as self._peak:
            self._run(stalled=0)
            self._run(stalled=_STALLED)

    def run_pair(self, *, stalled_first: bool) -> None:
        """Run both kinds once, in either order."""
        for stalled in (_STALLED, 0) if stalled_first else (0, _STALLED):
            result = self._run(stalled=stalled)
            each_s = median(stored.stored_s for stored in result.stored)
            (self.beside if stalled else self.alone).append(each_s)
            self._opened_s.append(result.opened_s)
            self._rates.append(_CROWD.associations * _CROWD.images / result.stored_s)

    def _run(self, *, stalled: int) -> Result:
        crowd = replace(_CROWD, stalled=stalled)
        os.sync()
        before_s = self._read_processor_s()
        result = bring(crowd, image=self._image, port=self._ours.port)
        self._processor_s[stalled].append(self._read_processor_s() - before_s)
        sent = require_all(result, crowd=crowd, image=self._image)
        if result.stalled != stalled:
            raise AssertionError(f"{stalled - result.stalled} that stalled were thrown out")
        self._ours.check(sent, answered_s=result.answered_at_s)
        return result

    def _read_processor_s(self) -> float:
        return sum(map(read_processor_s, list_tree(self._ours.pid)))

    def find_peak(self) -> Peak:
        """Find the memory of all runs; the gateway must still run."""
        note_own_peaks(self._ours.pid, into=self._peak)
        return self._peak

    def describe(self) -> dict[str, float]:
        """Tell what else was found."""
        return {
            "images a second, median": median(self._rates),
            "seconds until all were accepted, median": median(self._opened_s),
            "processor seconds of ours alone, median": median(self._processor_s[0][1:]),
            "the same beside those that stall": median(self._processor_s[_STALLED][1:]),
            INDEX_LAG: median(self._ours.index_lags_s[2:]),
        }
