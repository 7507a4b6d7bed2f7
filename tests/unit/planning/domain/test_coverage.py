"""Instants at which nobody is there: the sweep against a look at every minute."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.kit.interval import Interval
from app.planning.domain.coverage import Hole, Lack, Right, find_holes
from app.planning.domain.seats import AssignmentReason, GuardLine, Placement, Seat, SeatKind

START = datetime(2026, 10, 24, 18, tzinfo=UTC)
SITES = (1, 2)


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


PERIOD = Interval(at(0), at(24))


def place(
    seat_id: int,
    first: int,
    last: int,
    *,
    who: int | None,
    line: GuardLine = GuardLine.FIRST,
    kind: SeatKind = SeatKind.READER,
) -> Placement:
    interval = Interval(at(first), at(last))
    seat = Seat(seat_id, "evening", line, kind, interval, interval)
    return Placement(seat, 1, who, AssignmentReason.QUOTA)


@st.composite
def placements(draw: st.DrawFn) -> list[Placement]:
    found = []
    for number in range(draw(st.integers(0, 12))):
        first = draw(st.integers(-3, 24))
        found.append(
            place(
                number,
                first,
                first + draw(st.integers(1, 9)),
                who=draw(st.none() | st.integers(1, 3)),
                line=draw(st.sampled_from(GuardLine)),
                kind=draw(st.sampled_from(SeatKind)),
            )
        )
    return found


rights_drawn = st.lists(
    st.builds(
        Right,
        radiologist=st.integers(1, 3),
        site=st.sampled_from(SITES),
        start=st.none() | st.integers(-2, 26).map(at),
        end=st.none() | st.integers(-2, 26).map(at),
    ),
    max_size=8,
)


def may_read(right: Right, who: int | None, site: int, instant: datetime) -> bool:
    return (
        (right.radiologist, right.site) == (who, site)
        and (right.start is None or right.start <= instant)
        and (right.end is None or instant < right.end)
    )


def is_missing(
    hole: tuple[Lack, int | None], instant: datetime, held: list[Placement], rights: list[Right]
) -> bool:
    lack, site = hole
    there = [
        each
        for each in held
        if each.radiologist is not None and each.seat.interval.contains(instant)
    ]
    if lack is Lack.COORDINATOR:
        return all(each.seat.kind is not SeatKind.COORDINATOR for each in there)
    readers = [each for each in there if each.seat.kind is SeatKind.READER]
    if lack is Lack.BACKUP:
        return all(each.seat.line is not GuardLine.BACKUP for each in readers)
    return not any(
        each.seat.line is GuardLine.FIRST and may_read(right, each.radiologist, site or 0, instant)
        for each in readers
        for right in rights
    )


@given(held=placements(), rights=rights_drawn)
def test_holes_are_the_instants_at_which_nobody_is_there_and_as_long_as_they_go(
    held: list[Placement], rights: list[Right]
) -> None:
    holes = find_holes(PERIOD, held, sites=SITES, rights=rights)

    kinds: list[tuple[Lack, int | None]] = [
        (Lack.COORDINATOR, None), (Lack.BACKUP, None), (Lack.READER, 1), (Lack.READER, 2)
    ]  # fmt: skip
    for kind in kinds:
        own = [each.interval for each in holes if (each.lack, each.site) == kind]
        for hour in range(24):
            found = any(each.contains(at(hour)) for each in own)
            assert found == is_missing(kind, at(hour), held, rights)
        assert all(one.end < other.start for one, other in pairwise(own))


def test_a_relief_that_comes_an_hour_late_is_found_to_the_minute() -> None:
    held = [
        place(1, 0, 9, who=1),
        place(2, 10, 24, who=1),
        place(3, 0, 24, who=2, kind=SeatKind.COORDINATOR),
        place(4, 0, 24, who=3, line=GuardLine.BACKUP),
    ]

    holes = find_holes(PERIOD, held, sites=[1], rights=[Right(1, 1)])

    assert holes == [Hole(Interval(at(9), at(10)), Lack.READER, 1)]
