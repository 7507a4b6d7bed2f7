"""The on-call sheet says who is called, in which order, and until when it is good."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from app.kit.interval import Interval
from app.planning.domain.on_call import OnCallReader, OnCallSeat
from app.planning.domain.on_call_sheet import SheetLine, find_last_hour, lay_out
from app.planning.domain.seats import AssignmentReason, GuardLine, SeatKind

NOW = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
NIGHT = Interval(NOW, NOW + timedelta(hours=9))


def _seat(
    name: str | None,
    *,
    interval: Interval = NIGHT,
    line: GuardLine = GuardLine.FIRST,
    kind: SeatKind = SeatKind.READER,
) -> OnCallSeat:
    reader = OnCallReader(
        radiologist_id=1,
        name=name or "",
        telephone="+33612345678",
        society_id=1,
        centre_id=None,
        centre=None,
        centre_telephone=None,
    )
    return OnCallSeat(
        site_id=4 if line is GuardLine.ON_SITE else None,
        site="Hospital" if line is GuardLine.ON_SITE else None,
        seat_id=1,
        guard_id=1,
        planning_id=1,
        segment="evening",
        line=line,
        kind=kind,
        interval=interval,
        society_id=1,
        society="S1",
        reason=AssignmentReason.ROSTER,
        reader=None if name is None else reader,
    )


def test_people_stand_in_the_order_in_which_they_are_called() -> None:
    (guard,) = lay_out(
        [
            _seat("Dr C", kind=SeatKind.COORDINATOR),
            _seat("Dr D", line=GuardLine.BACKUP),
            _seat("Dr B"),
            _seat("Dr A"),
        ]
    )

    assert [(each.line, each.name) for each in guard.seats] == [
        (SheetLine.FIRST, "Dr A"),
        (SheetLine.FIRST, "Dr B"),
        (SheetLine.BACKUP, "Dr D"),
        (SheetLine.COORDINATOR, "Dr C"),
    ]


def test_whoever_stands_in_a_site_comes_last_and_with_the_site() -> None:
    (guard,) = lay_out(
        [
            _seat("Dr A", line=GuardLine.ON_SITE),
            _seat("Dr C", kind=SeatKind.COORDINATOR),
            _seat("Dr B"),
        ]
    )

    assert [(each.line, each.name, each.site) for each in guard.seats] == [
        (SheetLine.FIRST, "Dr B", ""),
        (SheetLine.COORDINATOR, "Dr C", ""),
        (SheetLine.ON_SITE, "Dr A", "Hospital"),
    ]


def test_a_seat_that_nobody_holds_is_shown_as_such() -> None:
    (guard,) = lay_out([_seat(None)])

    assert guard.seats[0].is_uncovered
    assert guard.seats[0].telephone == ""
    assert guard.seats[0].society == "S1"


def test_a_seat_with_hours_of_its_own_stands_under_them() -> None:
    half = Interval(NIGHT.start, NIGHT.start + timedelta(hours=4))

    guards = lay_out([_seat("Dr A"), _seat("Dr B", interval=half)])

    assert [each.interval for each in guards] == [half, NIGHT]


@given(
    hours=st.lists(
        st.tuples(st.integers(0, 71), st.integers(1, 14), st.sampled_from(["Dr A", "Dr B", None])),
        max_size=12,
    )
)
def test_every_seat_stands_on_the_sheet_once_in_the_order_of_time(
    hours: list[tuple[int, int, str | None]],
) -> None:
    seats = [
        _seat(
            name,
            interval=Interval(NOW + timedelta(hours=begins), NOW + timedelta(hours=begins + lasts)),
        )
        for begins, lasts, name in hours
    ]

    guards = lay_out(seats)

    assert sum(len(each.seats) for each in guards) == len(seats)
    assert all(one.interval < next_one.interval for one, next_one in pairwise(guards))


def test_the_hour_of_today_counts_once_it_has_come() -> None:
    assert find_last_hour(NOW, hour=17, zone=PARIS) == datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
    assert find_last_hour(NOW, hour=23, zone=PARIS) == datetime(2026, 11, 19, 22, 0, tzinfo=UTC)
    assert find_last_hour(NOW, hour=22, zone=PARIS) == NOW


@given(
    now=st.datetimes(
        min_value=datetime(2020, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        max_value=datetime(2040, 1, 1),  # noqa: DTZ001 - as above
        timezones=st.just(UTC),
    ),
    hour=st.integers(0, 23),
)
def test_there_is_one_such_hour_every_day_also_when_the_clocks_change(
    now: datetime, hour: int
) -> None:
    last = find_last_hour(now, hour=hour, zone=PARIS)

    assert timedelta(0) <= now - last <= timedelta(hours=25)
    assert last.astimezone(PARIS).hour in {hour, hour + 1}
    assert find_last_hour(last, hour=hour, zone=PARIS) == last
