"""What a process tells another: every value comes back as it was."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.adapters.rosters.codec import encode
from app.adapters.rosters.wire import (
    Order,
    read_order,
    read_progress,
    read_roster,
    write_order,
    write_progress,
    write_roster,
)
from app.kit.interval import Interval
from app.planning.domain.ports import Progress
from app.planning.domain.roster.people import Membership, Reader, Wish, WishKind, Work
from app.planning.domain.roster.problem import (
    Counter,
    GuardDemand,
    Level,
    Limits,
    Objective,
    Roster,
    RosterProblem,
)
from app.planning.domain.roster.profile import HOSPITAL
from app.planning.domain.seats import (
    AssignmentReason,
    GuardLine,
    KindOfSeat,
    Placement,
    Seat,
    SeatKind,
)

START = datetime(2026, 3, 28, 20, tzinfo=UTC)
NIGHT = Interval(START, START + timedelta(hours=11, microseconds=7))
SEAT = Seat(
    id=5,
    segment="deep_night",
    line=GuardLine.ON_SITE,
    kind=SeatKind.READER,
    interval=NIGHT,
    guard=NIGHT,
    site=3,
    skills=frozenset({"neuro"}),
)
READER = Reader(
    id=9,
    memberships=(Membership(1, START, NIGHT.end, outside=True), Membership(2, START)),
    absences=(NIGHT,),
    busy=(NIGHT,),
    profile=HOSPITAL,
    fte=500,
    skills=frozenset({"neuro", "paediatrics"}),
    sites=frozenset({3, 4}),
    wishes=(Wish(WishKind.AVOID, NIGHT, 3),),
    incompatible=frozenset({8}),
    balance=-250,
    past=(Work(NIGHT, START), Work(NIGHT)),
)
PROBLEM = RosterProblem(
    seats=(SEAT,),
    owed={5: 1},
    readers=(READER, Reader(id=1, memberships=())),
    zone=ZoneInfo("Europe/Paris"),
    now=START,
    fixed={5: None},
    around=(Placement(SEAT, 1, 9, AssignmentReason.LOAN),),
    points={5: 1500},
    special=frozenset({5}),
    carried={(9, Counter.NIGHTS): -7},
    prefix_bound=1_000_000,
    entitled={(1, KindOfSeat("deep_night", GuardLine.FIRST, SeatKind.COORDINATOR)): 2_500_001},
    demands=(GuardDemand(frozenset({5}), frozenset({"neuro"}), 2),),
    published={5: 9},
    previous={5: None},
)


def test_an_order_comes_back_as_it_was() -> None:
    order = Order(PROBLEM, Limits(seconds=1.5, deterministic=0.25, workers=1, seed=7), True)  # noqa: FBT003

    written = write_order(order)

    assert written.count(b"\n") == 1
    assert read_order(written) == order


def test_progress_and_roster_come_back_as_they_were() -> None:
    progress = Progress(Objective.LOANS, 3, 1, 2.5)
    roster = Roster(
        placements=(Placement(SEAT, 2, None, AssignmentReason.REPAIR),),
        levels=(Level(Objective.COVER, 0, 0), Level(Objective.DEVIATION, 12, 4)),
        stopped=True,
    )
    told: list[dict[str, object]] = []
    for line in (write_progress(progress), write_roster(roster)):
        assert "\n" not in line
        told.append(json.loads(line))

    assert read_progress(told[0]["progress"]) == progress  # type: ignore[arg-type]
    assert read_roster(told[1]["roster"], problem=PROBLEM) == roster  # type: ignore[arg-type]


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(TypeError, match="object has no form"):
        encode(object())
