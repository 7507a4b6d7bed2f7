"""How long images take to a reading centre: measured by node, and drawn to what is usual."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

MIB = 1024 * 1024
_USUAL_S = 0.1
"""A MiB over 100 Mbit/s, with as much again for answers and what comes beside it."""
_WEIGHT_MIB = 100.0
"""As much sent as the usual figure is worth."""
_LONGEST = timedelta(hours=1)
"""What took longer was held up by something else than its way."""
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Transfer:
    """Images that a node accepted in one try: how many bytes, >= 0, and how long it took."""

    endpoint_id: int
    byte_count: int
    lasted: timedelta


@dataclass(frozen=True, slots=True)
class TransferTime:
    """How long a MiB takes to a node, in seconds, and on how many transfers that rests."""

    endpoint_id: int
    seconds: float
    transfer_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyToSend:
    """How much of a study there is.

    Attributes
    ----------
    byte_count
        Of what has arrived, >= 0.
    instance_count
        How many instances have, >= 0.
    expected_count
        How many it will have, when somebody said so.
    at_nodes
        How many bytes of it each node has.
    """

    byte_count: int
    instance_count: int
    expected_count: int | None = None
    at_nodes: Mapping[int, int] = field(default_factory=dict)

    @property
    def expected_bytes(self) -> float:
        """How many bytes it will have, when what is to come is like what came."""
        expected = max(self.expected_count or 0, self.instance_count)
        return self.byte_count * expected / self.instance_count if self.instance_count else 0.0


def find_left(studies: Iterable[StudyToSend], *, endpoint_id: int | None) -> float:
    """Say how many bytes of studies a node has still to get, those to come counted in."""
    there = endpoint_id or 0
    return sum(max(0.0, study.expected_bytes - study.at_nodes.get(there, 0)) for study in studies)


def make_transfer_times(transfers: Iterable[Transfer]) -> tuple[TransferTime, ...]:
    """Make a row for each node, by its id, from transfers in any order."""
    by_node: defaultdict[int, list[Transfer]] = defaultdict(list)
    for each in transfers:
        if each.byte_count > 0 and timedelta(0) < each.lasted <= _LONGEST:
            by_node[each.endpoint_id].append(each)
    return tuple(_measure(node, own) for node, own in sorted(by_node.items()))


def _measure(endpoint_id: int, own: Sequence[Transfer]) -> TransferTime:
    """Divide all the time by all the bytes: many small tries count no more than one large one."""
    seconds = sum((each.lasted for each in own), timedelta(0)) / _SECOND
    mebibytes = sum(each.byte_count for each in own) / MIB
    shrunk = (seconds + _WEIGHT_MIB * _USUAL_S) / (mebibytes + _WEIGHT_MIB)
    return TransferTime(endpoint_id, max(0.0001, round(shrunk, 4)), len(own))


def expect_transfer(
    endpoint_id: int | None, *, byte_count: float, times: Mapping[int, float]
) -> float:
    """Say how many minutes images take to a node.

    Parameters
    ----------
    endpoint_id
        Of the node; nothing: the reader has none, and reads where the images are.
    byte_count
        Still to be sent, >= 0.
    times
        Seconds for a MiB by node; the usual for a node that is not among them.
    """
    if endpoint_id is None:
        return 0.0
    return round(byte_count / MIB * times.get(endpoint_id, _USUAL_S) / 60, 2)
