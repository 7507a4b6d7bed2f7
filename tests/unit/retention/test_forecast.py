"""The forecast of a full disk: never too late, and never a surprise."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.retention.domain.forecast import HORIZON, Received, Release, expect_full

NOW = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
GIGABYTE = 1 << 30
sizes = st.integers(min_value=0, max_value=1 << 50)
releases = st.lists(
    st.builds(
        Release,
        at=st.timedeltas(min_value=timedelta(days=-5), max_value=timedelta(days=60)).map(
            lambda wait: NOW + wait
        ),
        size_bytes=st.integers(min_value=0, max_value=1 << 44),
    ),
    max_size=8,
)
_NEVER = NOW + HORIZON * 1000


def _expect(usable: int, pace: int, freed: list[Release]) -> datetime:
    found = expect_full(usable_bytes=usable, bytes_per_day=pace, releases=freed, now=NOW)
    return _NEVER if found is None else found


def test_three_days_of_room_are_full_in_three_days() -> None:
    full_at = expect_full(
        usable_bytes=30 * GIGABYTE, bytes_per_day=10 * GIGABYTE, releases=[], now=NOW
    )

    assert full_at == NOW + timedelta(days=3)


def test_what_goes_in_time_is_room_again() -> None:
    goes = Release(at=NOW + timedelta(days=2), size_bytes=10 * GIGABYTE)

    assert _expect(30 * GIGABYTE, 10 * GIGABYTE, [goes]) == NOW + timedelta(days=4)


def test_what_goes_too_late_does_not_help() -> None:
    goes = Release(at=NOW + timedelta(days=3, hours=1), size_bytes=10 * GIGABYTE)

    assert _expect(30 * GIGABYTE, 10 * GIGABYTE, [goes]) == NOW + timedelta(days=3)


def test_no_room_is_full_now() -> None:
    assert expect_full(usable_bytes=0, bytes_per_day=1, releases=[], now=NOW) == NOW
    assert expect_full(usable_bytes=0, bytes_per_day=0, releases=[], now=NOW) == NOW


@given(usable=st.integers(min_value=1, max_value=1 << 50), freed=releases)
def test_where_nothing_comes_nothing_fills_up(usable: int, freed: list[Release]) -> None:
    assert expect_full(usable_bytes=usable, bytes_per_day=0, releases=freed, now=NOW) is None


@given(usable=sizes, pace=sizes, freed=releases)
def test_the_forecast_never_lies_in_the_past_nor_beyond_what_can_be_seen(
    usable: int, pace: int, freed: list[Release]
) -> None:
    full_at = expect_full(usable_bytes=usable, bytes_per_day=pace, releases=freed, now=NOW)

    assert full_at is None or NOW <= full_at <= NOW + HORIZON


@given(usable=sizes, more=sizes, pace=sizes, freed=releases)
def test_more_room_never_fills_sooner(
    usable: int, more: int, pace: int, freed: list[Release]
) -> None:
    assert _expect(usable + more, pace, freed) >= _expect(usable, pace, freed)


@given(usable=sizes, pace=sizes, more=sizes, freed=releases)
def test_a_faster_pace_never_fills_later(
    usable: int, pace: int, more: int, freed: list[Release]
) -> None:
    assert _expect(usable, pace + more, freed) <= _expect(usable, pace, freed)


@given(usable=sizes, pace=sizes, freed=releases, another=releases)
def test_more_that_goes_never_fills_sooner(
    usable: int, pace: int, freed: list[Release], another: list[Release]
) -> None:
    assert _expect(usable, pace, freed + another) >= _expect(usable, pace, freed)


@given(usable=sizes, pace=sizes, freed=releases)
def test_the_order_of_what_goes_does_not_matter(
    usable: int, pace: int, freed: list[Release]
) -> None:
    assert _expect(usable, pace, freed) == _expect(usable, pace, freed[::-1])


@given(day=sizes, week=sizes)
def test_the_faster_of_day_and_week_counts(day: int, week: int) -> None:
    pace = Received(day_bytes=day, week_bytes=week).bytes_per_day

    assert pace >= day
    assert pace * 7 >= week
    assert pace in {day, -(-week // 7)}
