"""Days on which events are repeated: examples by hand; any rule stands beside a peer's in web."""

from datetime import date, datetime

import pytest

from app.planning.domain.busy.recurrence import Frequency, Recurrence, repeat

YEAR = (date(2027, 1, 1), date(2028, 1, 1))
TUESDAY = datetime(2027, 1, 12, 8)  # noqa: DTZ001 - a wall time
MO, TU, FR = 0, 1, 4


def days(rule: Recurrence, *, first: datetime = TUESDAY, most: int = 4) -> list[str]:
    return [f"{each:%m-%d}" for each in repeat(rule, first=first, window=YEAR)[:most]]


@pytest.mark.parametrize(
    ("rule", "expected"),
    (
        (Recurrence(Frequency.DAILY), ["01-12", "01-13", "01-14", "01-15"]),
        (Recurrence(Frequency.DAILY, interval=10, count=2), ["01-12", "01-22"]),
        (Recurrence(Frequency.WEEKLY), ["01-12", "01-19", "01-26", "02-02"]),
        (
            Recurrence(Frequency.WEEKLY, interval=2, by_day=frozenset({(TU, 0), (FR, 0)})),
            ["01-12", "01-15", "01-26", "01-29"],
        ),
        (Recurrence(Frequency.MONTHLY), ["01-12", "02-12", "03-12", "04-12"]),
        (
            Recurrence(Frequency.MONTHLY, by_day=frozenset({(FR, -1)})),
            ["01-29", "02-26", "03-26", "04-30"],
        ),
        (
            Recurrence(Frequency.MONTHLY, by_month_day=frozenset({31})),
            ["01-31", "03-31", "05-31", "07-31"],
        ),
        (
            Recurrence(Frequency.MONTHLY, by_month_day=frozenset({-1})),
            ["01-31", "02-28", "03-31", "04-30"],
        ),
        (
            Recurrence(
                Frequency.MONTHLY,
                by_day=frozenset((day, 0) for day in range(5)),
                by_set_pos=frozenset({-1}),
            ),
            ["01-29", "02-26", "03-31", "04-30"],
        ),
        (Recurrence(Frequency.YEARLY), ["01-12"]),
        (Recurrence(Frequency.YEARLY, by_month=frozenset({3, 6})), ["03-12", "06-12"]),
        (Recurrence(Frequency.YEARLY, by_day=frozenset({(MO, 20)})), ["05-17"]),
    ),
)
def test_rules_are_read_as_calendars_of_work_mean_them(
    rule: Recurrence, expected: list[str]
) -> None:
    assert days(rule) == expected


def test_an_end_is_the_last_that_may_be() -> None:
    until = datetime(2027, 1, 26, 8)  # noqa: DTZ001 - a wall time

    assert days(Recurrence(Frequency.WEEKLY, until=until)) == ["01-12", "01-19", "01-26"]


def test_a_count_counts_what_was_before_the_window() -> None:
    first = datetime(2026, 12, 29, 8)  # noqa: DTZ001 - a wall time

    assert days(Recurrence(Frequency.WEEKLY, count=3), first=first) == ["01-05", "01-12"]


def test_fortnights_keep_step_across_years() -> None:
    first = datetime(2016, 1, 5, 8)  # noqa: DTZ001 - a wall time
    weeks = (date(2027, 1, 5) - first.date()).days // 7

    found = days(Recurrence(Frequency.WEEKLY, interval=2), first=first)

    assert found[0] == ("01-05" if weeks % 2 == 0 else "01-12")


@pytest.mark.parametrize("frequency", Frequency)
def test_huge_steps_and_days_that_never_come_end(frequency: Frequency) -> None:
    never = Recurrence(frequency, by_month_day=frozenset({31}), by_month=frozenset({2}))

    assert repeat(Recurrence(frequency, interval=100_000), first=TUESDAY, window=YEAR) == [TUESDAY]
    assert repeat(never, first=TUESDAY, window=YEAR) == []
