"""Many associations at once: the load generator to all receivers, and the memory these need."""

import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks._figures import Incapable, measure
from benchmarks._ingest_files import Sent, digest_image
from benchmarks._ingest_gateway import OURS
from benchmarks._ingest_loads import run_receivers
from benchmarks._ingest_receiver import Receiver
from benchmarks._load.crowd import Crowd, Result
from benchmarks._load.image import make_image
from benchmarks._load.recording import Image, Uids
from benchmarks._load.running import bring
from benchmarks._memory import Peak, note_own_peaks, sampling

SIDE = 136
"""Rows and columns: 38 kB."""
INDEX_LAG = "seconds from the last answer to the whole index, median"


@dataclass(frozen=True, slots=True)
class CrowdLoad:
    """Associations at once, and images over each."""

    crowd: Crowd

    def measure(self, folder: Path, *, settings: Mapping[str, str], runs: int) -> dict[str, Any]:
        """Measure it against all receivers that do many things at once, and tell it.

        The seconds are those from the first byte of the first image to the last answer: all
        associations are open before. The run that warms up is the one in which memory is sampled.
        """
        image, peaks = make_image(SIDE), dict[str, Peak]()
        with run_receivers(folder, settings=settings, forks=True) as (ours, peers):
            receivers = {OURS: ours, **peers.found}
            contestants = {
                name: self._make_contestant(name, receiver=each, image=image, peaks=peaks)
                for name, each in receivers.items()
            }
            figures = measure(contestants, work=self._describe(), runs=runs)
            for name in figures.seconds:
                note_own_peaks(receivers[name].pid, into=peaks[name])
                figures.memory[name] = peaks[name]
            figures.images = self.crowd.associations * self.crowd.images
            figures.versions = {name: each.version for name, each in receivers.items()}
            figures.skipped += peers.missing
            figures.notes[INDEX_LAG] = median(ours.index_lags_s[1:])
            return figures.tell([])

    def _describe(self) -> str:
        return f"{self.crowd.associations} at once, {self.crowd.images} CT of 38 kB over each"

    def _make_contestant(
        self, name: str, *, receiver: Receiver, image: Image, peaks: dict[str, Peak]
    ) -> Callable[[], float]:
        def contestant() -> float:
            os.sync()
            if name not in peaks:
                with sampling(receiver.pid) as peaks[name]:
                    result = bring(self.crowd, image=image, port=receiver.port)
            else:
                result = bring(self.crowd, image=image, port=receiver.port)
            if result.failures and name != OURS:
                raise Incapable(f"{len(result.failures)} times, such as {result.failures[0]}")
            sent = require_all(result, crowd=self.crowd, image=image)
            receiver.check(sent, answered_s=result.answered_at_s)
            return result.stored_s

        return contestant


def require_all(result: Result, *, crowd: Crowd, image: Image) -> Sent:
    """Refuse a result in which anything went wrong; say what must now be kept.

    Raises
    ------
    AssertionError
        Saying what was refused, or how many images lack.
    """
    if result.failures:
        raise AssertionError(f"{len(result.failures)} failed, first: {result.failures[0]}")
    digests = Counter(
        digest_image(image, Uids(stored.study, stored.series, instance))
        for stored in result.stored
        for instance in stored.instances
    )
    if digests.total() != crowd.associations * crowd.images:
        raise AssertionError(f"only {digests.total()} images were acknowledged")
    return Sent(tuple(stored.study for stored in result.stored), digests)


CROWD_LOADS = {
    f"at-once-{associations}": CrowdLoad(Crowd(associations=associations, images=images))
    for associations, images in ((1, 400), (8, 100), (64, 20), (200, 20))
}
