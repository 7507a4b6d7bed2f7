"""How long images take to a centre."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dispatch.domain.transfers import (
    MIB,
    StudyToSend,
    Transfer,
    TransferTime,
    expect_transfer,
    make_transfer_times,
)


def make_transfer(endpoint_id: int, *, seconds: float, mebibytes: int = 100) -> Transfer:
    return Transfer(endpoint_id, mebibytes * MIB, timedelta(seconds=seconds))


def test_the_time_for_a_mebibyte_is_drawn_to_what_is_usual() -> None:
    transfers = [make_transfer(7, seconds=50), make_transfer(7, seconds=30)]

    # 80 s for 200 MiB, and 10 s for the 100 MiB that the usual figure is worth.
    assert make_transfer_times(transfers) == (TransferTime(7, 0.3, 2),)


def test_nodes_stand_apart_and_what_cannot_be_a_transfer_is_left_out() -> None:
    times = make_transfer_times(
        [
            make_transfer(2, seconds=5),
            make_transfer(1, seconds=50),
            make_transfer(1, seconds=-5),
            make_transfer(1, seconds=3601),
            make_transfer(1, seconds=50, mebibytes=0),
        ]
    )

    assert [(each.endpoint_id, each.transfer_count) for each in times] == [(1, 1), (2, 1)]


TRANSFERS = st.lists(
    st.builds(
        Transfer,
        st.integers(1, 3),
        st.integers(0, 4_000 * MIB),
        st.timedeltas(timedelta(seconds=-9), timedelta(hours=2)),
    ),
    max_size=12,
)


@given(transfers=TRANSFERS)
def test_whatever_was_measured_a_mebibyte_takes_some_time_and_order_counts_for_nothing(
    transfers: list[Transfer],
) -> None:
    times = make_transfer_times(transfers)

    assert all(each.seconds > 0 and each.transfer_count > 0 for each in times)
    assert times == make_transfer_times(reversed(transfers))


def test_what_is_expected_grows_with_the_bytes_and_is_nothing_without_a_node() -> None:
    assert expect_transfer(1, byte_count=600 * MIB, times={1: 0.2}) == 2.0
    assert expect_transfer(2, byte_count=600 * MIB, times={1: 0.2}) == 1.0
    assert expect_transfer(1, byte_count=0, times={1: 0.2}) == 0
    assert expect_transfer(None, byte_count=600 * MIB, times={}) == 0


@pytest.mark.parametrize(
    ("expected", "size"), [(None, 40.0), (3, 40.0), (16, 160.0)], ids=["untold", "fewer", "more"]
)
def test_images_to_come_are_like_those_that_came(expected: int | None, size: float) -> None:
    study = StudyToSend(byte_count=40, instance_count=4, expected_count=expected)

    assert study.expected_bytes == size


def test_a_study_without_images_weighs_nothing() -> None:
    assert StudyToSend(byte_count=0, instance_count=0, expected_count=9).expected_bytes == 0
