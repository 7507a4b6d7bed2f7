"""What the gateway counts for Prometheus: quantities and times, never of people.

Each process counts into a ledger of its own, which its supervisor reads, adds up and serves. Labels
are keys of senders and words of ours: never what a peer chose, so that they are bounded.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from dicom_gateway.ledger import Ledger

PREFIX: Final = "astreinte_gateway_"


class Kind(StrEnum):
    """How Prometheus shall read a family."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"
    INSTANT = "instant"
    """Seconds of the epoch that are served as their age; 0 while there is nothing."""


@dataclass(frozen=True, slots=True)
class Family:
    """Numbers of one name.

    Parameters
    ----------
    name
        Without prefix, and for a counter without `_total`.
    kind
        How to read it.
    help
        For a person.
    labels
        Names of the labels, in the order of the ledger's key.
    bounds
        Upper bounds of a histogram's buckets, ascending, without the infinite one.
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()


_OPENED = "associations_opened"
_OPEN = "associations_open"
_REFUSED = "associations_refused"
_ENDED = "associations_ended"
_INSTANCES = "instances"
_RECEIVED = "received_bytes"
_ANSWER = "answer_seconds"
_SYNC = "sync_seconds"
_WAITING = "segment_records_waiting"
_OLDEST = "index_lag_seconds"
_BATCH = "index_batch_instances"
_BOUNDS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_BOUNDS_SYNC_S = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25, 1.0, 5.0)
_BOUNDS_BATCH = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0)

FAMILIES: Final = (
    Family(_OPENED, Kind.COUNTER, "Associations accepted, by sender", ("sender",)),
    Family(_OPEN, Kind.GAUGE, "Associations that are open"),
    Family(_REFUSED, Kind.COUNTER, "Associations refused, by reason", ("reason",)),
    Family(_ENDED, Kind.COUNTER, "Associations ended, by how", ("outcome",)),
    Family(
        _INSTANCES,
        Kind.COUNTER,
        "C-STORE requests answered, by sender and DIMSE status in hexadecimal",
        ("sender", "status"),
    ),
    Family(_RECEIVED, Kind.COUNTER, "Bytes of data sets received, by sender", ("sender",)),
    Family(
        _ANSWER,
        Kind.HISTOGRAM,
        "Time from the last byte of a data set to its answer",
        bounds=_BOUNDS_S,
    ),
    Family(_SYNC, Kind.HISTOGRAM, "Time of one sync of the spool", bounds=_BOUNDS_SYNC_S),
    Family(_WAITING, Kind.GAUGE, "Records of the spool's segments that are not files yet"),
    Family(_OLDEST, Kind.INSTANT, "Age of the oldest arrival that no index knows yet"),
    Family(_BATCH, Kind.HISTOGRAM, "Instances of one batch of the index", bounds=_BOUNDS_BATCH),
)


class GatewayMetrics:
    """The counts of one process.

    Parameters
    ----------
    ledger
        Where they are kept.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._buckets = {
            family.name: _Buckets(ledger, family.name, family.bounds)
            for family in FAMILIES
            if family.kind is Kind.HISTOGRAM
        }
        self._statuses: dict[tuple[int, int], int] = {}
        self._bytes: dict[int, int] = {}
        self._answers = self._buckets[_ANSWER]
        self._values, self._lock = ledger.values, ledger.lock

    def note_instance(self, sender_id: int, *, status: int, seconds: float, size: int) -> None:
        """Count an answer; the hot path: the words are looked up once."""
        status_word = self._statuses.get((sender_id, status))
        if status_word is None:
            status_word = self.ledger.find(_INSTANCES, str(sender_id), f"{status:04X}")
            self._statuses[sender_id, status] = status_word
        size_word = self._bytes.get(sender_id)
        if size_word is None:
            size_word = self._bytes[sender_id] = self.ledger.find(_RECEIVED, str(sender_id))
        values = self._values
        with self._lock:
            values[status_word] += 1.0
            values[size_word] += size
        self._answers.note(seconds)

    def note_measure(self, name: str, value: float) -> None:
        """Count a value into a histogram."""
        self._buckets[name].note(value)


class _Buckets:
    """A histogram in a ledger: each value is counted in one bucket."""

    def __init__(self, ledger: Ledger, name: str, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._words = [ledger.find(name, str(each)) for each in (*bounds, "+Inf")]
        self._sum_word = ledger.find(name, "sum")
        self._values, self._lock = ledger.values, ledger.lock

    def note(self, value: float) -> None:
        word = self._words[bisect_left(self._bounds, value)]
        with self._lock:
            self._values[word] += 1.0
            self._values[self._sum_word] += value


_current = GatewayMetrics(Ledger())


def keep_in(path: Path | None) -> None:
    """Count from now on in a new ledger that the supervisor reads; once, when a process starts.

    Without a call, or without a path, counts are kept for nobody.
    """
    global _current  # noqa: PLW0603 - like a log, the counts are the whole process's
    _current = GatewayMetrics(Ledger(path))


def read_counts() -> dict[tuple[str, ...], float]:
    """Read what this process has counted, by name of the family and labels."""
    return _current.ledger.read()


def note_opened(sender_id: int) -> None:
    """Count an association that was accepted."""
    _current.ledger.add(1, _OPENED, str(sender_id))
    _current.ledger.add(1, _OPEN)


def note_refused(reason: str) -> None:
    """Count an association that was refused; `reason` is a word of ours."""
    _current.ledger.add(1, _REFUSED, reason)


def note_ended(outcome: str) -> None:
    """Count the end of an association that was accepted; `outcome` is a word of ours."""
    _current.ledger.add(1, _ENDED, outcome)
    _current.ledger.add(-1, _OPEN)


def note_instance(sender_id: int, *, status: int, seconds: float, size: int) -> None:
    """Count the answer to a C-STORE.

    Parameters
    ----------
    sender_id
        Who sent it.
    status
        Of the answer, 0 to 0xFFFF.
    seconds
        From the last byte of the data set to the answer.
    size
        Bytes of the data set.
    """
    _current.note_instance(sender_id, status=status, seconds=seconds, size=size)


def note_sync(seconds: float) -> None:
    """Count one sync of the spool."""
    _current.note_measure(_SYNC, seconds)


def note_index_batch(instances: int) -> None:
    """Count one batch of the index that was committed."""
    _current.note_measure(_BATCH, instances)


def set_segment_records_waiting(count: int) -> None:
    """Say how many records wait for the settler."""
    _current.ledger.set(count, _WAITING)


def set_oldest_waiting(arrived_at: datetime | None) -> None:
    """Say when the oldest arrival that no index knows came, aware; nothing when none waits."""
    _current.ledger.set(arrived_at.timestamp() if arrived_at else 0.0, _OLDEST)
