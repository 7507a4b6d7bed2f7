from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.intake.domain.study_time import read_made_at

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("study_date", "study_time", "expected"),
    [
        ("20261120", "220430.123", datetime(2026, 11, 20, 21, 4, 30, tzinfo=UTC)),
        ("2026.11.20", "22:04:30", datetime(2026, 11, 20, 21, 4, 30, tzinfo=UTC)),
        ("20260720", "2204", datetime(2026, 7, 20, 20, 4, 59, tzinfo=UTC)),
        ("20260720", "", datetime(2026, 7, 20, 21, 59, 59, tzinfo=UTC)),
        ("20260720", "99", datetime(2026, 7, 20, 21, 59, 59, tzinfo=UTC)),
        ("20260720", "235960", datetime(2026, 7, 20, 21, 59, 59, tzinfo=UTC)),
    ],
)
def test_the_hospital_s_wall_clock_becomes_an_instant(
    study_date: str, study_time: str, expected: datetime
) -> None:
    assert read_made_at(study_date, study_time, zone=PARIS) == expected


@pytest.mark.parametrize("study_date", ["", "2026", "20261399", "yesterday", "٢٠٢٦١١٢٠"])
def test_without_a_date_nothing_is_known(study_date: str) -> None:
    assert read_made_at(study_date, "120000", zone=PARIS) is None


@given(st.text(max_size=12), st.text(max_size=12))
def test_no_text_is_too_odd(study_date: str, study_time: str) -> None:
    made_at = read_made_at(study_date, study_time, zone=PARIS)

    assert made_at is None or made_at.utcoffset() is not None


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1)))  # noqa: DTZ001
def test_what_a_device_writes_is_read_to_the_second(wall: datetime) -> None:
    made_at = read_made_at(wall.strftime("%Y%m%d"), wall.strftime("%H%M%S.%f"), zone=PARIS)

    assert made_at is not None
    assert timedelta(0) <= wall - made_at.replace(tzinfo=None) < timedelta(seconds=1)
