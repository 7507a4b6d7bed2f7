"""What goes between the scheduler and the process that computes a roster: lines of JSON.

Out goes one line with the order, and `stop` when it is to end; what comes back are lines of
`{"progress": ...}` and at last one of `{"roster": ...}`.
"""

import json
from dataclasses import dataclass
from typing import Any

from app.adapters.rosters.codec import decode, encode
from app.planning.domain.ports import Progress
from app.planning.domain.roster.problem import Level, Limits, Objective, Roster, RosterProblem
from app.planning.domain.seats import AssignmentReason, Placement

STOP = b"stop\n"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be computed."""

    problem: RosterProblem
    limits: Limits
    is_repair: bool


def write_order(order: Order) -> bytes:
    """Write an order as one line."""
    return json.dumps(encode(order)).encode() + b"\n"


def read_order(line: bytes) -> Order:
    """Read an order."""
    found: Order = decode(Order, json.loads(line))
    return found


def write_progress(progress: Progress) -> str:
    """Write how far the search is."""
    return json.dumps({"progress": encode(progress)})


def read_progress(told: list[Any]) -> Progress:
    """Read how far the search is."""
    found: Progress = decode(Progress, told)
    return found


def write_roster(roster: Roster) -> str:
    """Write what was found; seats by their ids."""
    return json.dumps(
        {
            "roster": {
                "placements": [
                    [each.seat.id, each.society, each.radiologist, each.reason.value]
                    for each in roster.placements
                ],
                "levels": [
                    [each.objective.value, each.value, each.bound] for each in roster.levels
                ],
                "stopped": roster.stopped,
            }
        }
    )


def read_roster(told: dict[str, Any], *, problem: RosterProblem) -> Roster:
    """Read what was found for a problem."""
    seats = {seat.id: seat for seat in problem.seats}
    return Roster(
        placements=tuple(
            Placement(seats[seat], society, radiologist, AssignmentReason(reason))
            for seat, society, radiologist, reason in told["placements"]
        ),
        levels=tuple(
            Level(Objective(objective), value, bound) for objective, value, bound in told["levels"]
        ),
        stopped=told["stopped"],
    )
