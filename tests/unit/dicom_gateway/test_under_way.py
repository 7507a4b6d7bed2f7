"""A data set under way: it grows in the segment, makes way for others, and is kept as it came."""

import errno
import os
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dicom_gateway.receiving import Receiving
from dicom_gateway.segments.writer import SegmentWriter
from dicom_gateway.spool import Spool
from tests.unit.dicom_gateway.test_receiving import (
    HELD,
    begin,
    make_data_set,
    read_kept,
    segments,
    spool,
    take,
)

__all__ = ["segments", "spool"]
"""Fixtures."""


def test_one_that_sends_alone_is_not_held(spool: Spool, segments: SegmentWriter) -> None:
    receiving = Receiving(spool, segments=segments)
    data_set = make_data_set(300_000)
    statuses: list[int] = []
    under_way = begin(receiving)

    under_way.write(memoryview(data_set)[:100_000])
    under_way.write(memoryview(data_set)[100_000:])
    assert receiving.held_bytes == 0

    under_way.finish(statuses.append)
    receiving.commit()
    assert statuses == [0]
    assert read_kept(spool) == [data_set]


def test_who_grows_makes_way_for_who_is_whole(spool: Spool, segments: SegmentWriter) -> None:
    receiving = Receiving(spool, segments=segments)
    data_sets = [make_data_set(size) for size in (300_000, 200_000, 40_000)]
    statuses: list[int] = []
    first, second, third = (begin(receiving) for _ in data_sets)

    first.write(memoryview(data_sets[0])[:100_000])
    second.write(memoryview(data_sets[1]))
    assert receiving.held_bytes == len(data_sets[1])
    second.finish(statuses.append)
    assert receiving.held_bytes == 100_000
    # For a while nobody grows: they would only be in each other's way again.
    third.write(memoryview(data_sets[2]))
    assert receiving.held_bytes == 100_000 + len(data_sets[2])
    first.write(memoryview(data_sets[0])[100_000:])
    first.finish(statuses.append)
    third.finish(statuses.append)
    receiving.commit()

    assert statuses == [0, 0, 0]
    assert receiving.held_bytes == 0
    assert sorted(read_kept(spool)) == sorted(data_sets)


def test_what_grew_and_was_given_up_leaves_its_place_to_the_next(
    spool: Spool, segments: SegmentWriter
) -> None:
    receiving = Receiving(spool, segments=segments)
    given_up = begin(receiving)
    given_up.write(memoryview(make_data_set(200_000)))

    given_up.give_up()

    data_set = make_data_set(100_000)
    assert take(receiving, data_set, cuts=[50_000]) == [0]
    assert read_kept(spool) == [data_set]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sizes=st.lists(st.integers(0, HELD + 200_000), min_size=2, max_size=5),
    seed=st.randoms(use_true_random=False),
)
def test_those_that_come_at_once_are_kept_as_they_came(
    sizes: list[int], seed: Random, spool: Spool, segments: SegmentWriter
) -> None:
    receiving = Receiving(spool, segments=segments)
    data_sets = [make_data_set(size) for size in sizes]
    statuses: list[int] = []
    under_way = [(begin(receiving), memoryview(each)) for each in data_sets]

    while under_way:
        one, rest = under_way.pop(seed.randrange(len(under_way)))
        cut = seed.randint(1, 400_000)
        one.write(rest[:cut])
        if len(rest) > cut:
            under_way.append((one, rest[cut:]))
        else:
            one.finish(statuses.append)
    receiving.commit()

    assert statuses == [0] * len(data_sets)
    assert receiving.held_bytes == 0
    kept = read_kept(spool)
    assert all(each in kept for each in data_sets)


def test_a_disk_that_fails_while_it_grows_is_told(
    spool: Spool, segments: SegmentWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiving = Receiving(spool, segments=segments)
    under_way = begin(receiving)
    under_way.write(memoryview(make_data_set(100_000)))

    def fail(*_: object) -> int:
        raise OSError(errno.EIO, "the disk is gone")

    monkeypatch.setattr(os, "pwrite", fail)
    under_way.write(memoryview(bytes(1000)))
    monkeypatch.undo()
    statuses: list[int] = []
    under_way.finish(statuses.append)

    assert statuses == [0x0110]
    data_set = make_data_set(40_000)
    assert take(receiving, data_set) == [0]
    assert read_kept(spool) == [data_set]
