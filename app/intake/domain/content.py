"""What an arrival brings: something new, nothing new, or other content under a known UID."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

InstanceKey: TypeAlias = tuple[int, str]
"""Key of the study, and SOP Instance UID."""


@dataclass(frozen=True, slots=True)
class Content:
    """One arrival, and the SHA-256 of its data set."""

    arrival_id: UUID
    digest: bytes


@dataclass(frozen=True, slots=True)
class SortedOut:
    """What to do with each arrival of a batch.

    Parameters
    ----------
    new
        To be kept, in the order of arrival.
    known
        Already kept: this arrival was recorded before.
    duplicates
        Nothing new; by arrival, the arrival that is kept with the same content.
    conflicting
        Kept under one UID with different contents, earlier ones included.
    """

    new: tuple[UUID, ...]
    known: tuple[UUID, ...]
    duplicates: Mapping[UUID, UUID]
    conflicting: frozenset[UUID]


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
        What is kept under the same keys.
    """
    contents = {key: list(each) for key, each in kept.items()}
    new: list[UUID] = []
    known: list[UUID] = []
    duplicates: dict[UUID, UUID] = {}
    conflicting: set[UUID] = set()
    for key, arrived in arrivals:
        same_uid = contents.setdefault(key, [])
        equal = next((each for each in same_uid if each.digest == arrived.digest), None)
        if any(each.arrival_id == arrived.arrival_id for each in same_uid):
            known.append(arrived.arrival_id)
        elif equal is not None:
            duplicates[arrived.arrival_id] = equal.arrival_id
        else:
            same_uid.append(arrived)
            new.append(arrived.arrival_id)
            if len(same_uid) > 1:
                conflicting |= {each.arrival_id for each in same_uid}
    return SortedOut(tuple(new), tuple(known), duplicates, frozenset(conflicting))
