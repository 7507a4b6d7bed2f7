"""Rates of an association: images and bytes over the time until the last answer."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.intake.domain.throughput import measure_throughput

OPENED = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
LASTED = st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(days=1))
IMAGES = st.integers(1, 100_000)
BYTES = st.integers(0, 10**12)


@given(lasted=LASTED, images=IMAGES, received=BYTES)
def test_rates_times_the_time_are_what_came(lasted: timedelta, images: int, received: int) -> None:
    speed = measure_throughput(
        opened_at=OPENED, last_message_at=OPENED + lasted, images=images, received_bytes=received
    )

    assert speed is not None
    assert speed.lasted_s == lasted.total_seconds()
    assert speed.images_per_s * speed.lasted_s == pytest.approx(images)
    assert speed.bytes_per_s * speed.lasted_s == pytest.approx(received)


@given(lasted=LASTED, images=IMAGES, received=BYTES)
def test_twice_the_time_is_half_the_rate(lasted: timedelta, images: int, received: int) -> None:
    once, twice = (
        measure_throughput(
            opened_at=OPENED,
            last_message_at=OPENED + times * lasted,
            images=images,
            received_bytes=received,
        )
        for times in (1, 2)
    )

    assert once is not None
    assert twice is not None
    assert twice.images_per_s == pytest.approx(once.images_per_s / 2)


@given(back=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=1)), images=IMAGES)
def test_where_no_time_passed_there_is_no_rate(back: timedelta, images: int) -> None:
    assert (
        measure_throughput(
            opened_at=OPENED, last_message_at=OPENED - back, images=images, received_bytes=1
        )
        is None
    )


@pytest.mark.parametrize(("last", "images"), [(None, 3), (OPENED + timedelta(seconds=1), 0)])
def test_an_association_without_an_answered_image_has_no_rate(
    last: datetime | None, images: int
) -> None:
    assert (
        measure_throughput(opened_at=OPENED, last_message_at=last, images=images, received_bytes=0)
        is None
    )
