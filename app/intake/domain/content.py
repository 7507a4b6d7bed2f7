"""What an arrival brings: something new, nothing new, or a known UID with other bytes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

InstanceKey: TypeAlias = tuple[int, str]
"""Key of the study, and SOP Instance UID."""


@dataclass(frozen=True, slots=True)
class Content:
    """One arrival, and the SHA-256 of its data set.

    Parameters
    ----------
    is_gone
        Its file was given up on purpose; only its row is left.
    """

    arrival_id: UUID
    digest: bytes
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class SortedOut:
    """What to do with each arrival of a batch.

    Parameters
    ----------
    new
        To be kept, in the order of arrival; repeats are among them.
    known
        Already kept: this arrival was recorded before.
    duplicates
        Nothing new; by arrival, what is kept with the same content. An arrival that was recorded
        before and given up since is one of itself: its file must not come back.
    repeats
        Kept, but not counted until they are compared: other bytes under a known UID. By arrival,
        the first one with this UID.
    """

    new: tuple[UUID, ...]
    known: tuple[UUID, ...]
    duplicates: Mapping[UUID, Content]
    repeats: Mapping[UUID, UUID]


def sort_out(
    arrivals: Iterable[tuple[InstanceKey, Content]],
    *,
    kept: Mapping[InstanceKey, Sequence[Content]],
) -> SortedOut:
    """Compare a batch with what is kept, and with itself.

    Parameters
    ----------
    arrivals
        In the order of arrival: the first of two equal contents is the one that is kept.
    kept
        What is kept under the same keys, oldest first.
    """
    contents = {key: list(each) for key, each in kept.items()}
    new: list[UUID] = []
    known: list[UUID] = []
    duplicates: dict[UUID, Content] = {}
    repeats: dict[UUID, UUID] = {}
    for key, arrived in arrivals:
        same_uid = contents.setdefault(key, [])
        itself = next((each for each in same_uid if each.arrival_id == arrived.arrival_id), None)
        equal = itself or next((each for each in same_uid if each.digest == arrived.digest), None)
        if itself is not None and not itself.is_gone:
            known.append(arrived.arrival_id)
        elif equal is not None:
            duplicates[arrived.arrival_id] = equal
        else:
            if same_uid:
                repeats[arrived.arrival_id] = same_uid[0].arrival_id
            same_uid.append(arrived)
            new.append(arrived.arrival_id)
    return SortedOut(tuple(new), tuple(known), duplicates, repeats)
