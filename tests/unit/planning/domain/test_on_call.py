"""The board of an instant."""

from datetime import UTC, datetime, timedelta

from app.kit.interval import Interval
from app.planning.domain.on_call import OnCall, OnCallReader, OnCallSeat
from app.planning.domain.seats import AssignmentReason, GuardLine, SeatKind

NOW = datetime(2026, 3, 23, 20, tzinfo=UTC)


def make_seat(
    number: int,
    *,
    line: GuardLine = GuardLine.FIRST,
    kind: SeatKind = SeatKind.READER,
    held: bool = True,
    segment: str = "evening",
) -> OnCallSeat:
    reader = OnCallReader(
        radiologist_id=100 + number,
        name="Dr Ada Test",
        telephone="+33 6 00 00 00 00",
        society_id=2,
        centre_id=3,
        centre="Centre",
        centre_telephone="+33 5 00 00 00 00",
    )
    return OnCallSeat(
        seat_id=number,
        guard_id=10,
        planning_id=1,
        segment=segment,
        line=line,
        kind=kind,
        interval=Interval(NOW, NOW + timedelta(hours=number)),
        society_id=1,
        society="Society",
        reason=AssignmentReason.LOAN,
        reader=reader if held else None,
    )


def make_board() -> OnCall:
    return OnCall(
        at=NOW,
        seats=(
            make_seat(1),
            make_seat(2, held=False),
            make_seat(3, kind=SeatKind.COORDINATOR),
            make_seat(4, line=GuardLine.BACKUP),
        ),
    )


def ids(seats: tuple[OnCallSeat, ...]) -> list[int]:
    return [each.seat_id for each in seats]


def test_each_seat_stands_in_one_line_and_empty_ones_stand_out() -> None:
    board = make_board()

    assert ids(board.first_line) == [1, 2]
    assert ids(board.coordinators) == [3]
    assert ids(board.backup) == [4]
    assert ids(board.uncovered) == [2]


def test_segments_are_named_once() -> None:
    board = OnCall(at=NOW, seats=(make_seat(1), make_seat(2), make_seat(3, segment="day")))

    assert board.segments == ("day", "evening")
    assert OnCall(at=NOW, seats=()).segments == ()
