"""What a site may set of the steps and delays of its cases."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from app.cases.domain.priority import Priority
from app.cases.domain.sla import Audience, Sla, Step
from app.kit.errors import Invalid

LONGEST_S = 24 * 60 * 60
"""No delay of a site is longer: a day."""
MOST_READERS = 5
_FEWEST_SECONDS = 10
_ORDER = {audience: rank for rank, audience in enumerate(Audience)}


class BadEscalation(Invalid):
    """A site's own steps would not do what steps are for."""


def check_escalation(table: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse steps of a site that would call people out of order, or at no time at all.

    Parameters
    ----------
    table
        By priority, as `Sla.to_json` writes them.

    Raises
    ------
    BadEscalation
        If an audience is named twice or before a nearer one, a step comes before the one that
        stands before it, a delay is out of bounds, P1 or P2 have no step, P3 has one that is not
        by slack, or P4, which never rings, has one.
    """
    for name, kept in table.items():
        priority = Priority(name)
        sla = Sla.from_json(priority, 0, kept)
        _check_order(priority, sla.steps)
        _check_bounds(priority, sla)


def _check_order(priority: Priority, steps: tuple[Step, ...]) -> None:
    for before, step in pairwise(steps):
        if _ORDER[step.audience] <= _ORDER[before.audience]:
            raise BadEscalation(
                f"{priority}: {step.audience.value} is asked after {before.audience.value}; "
                "the order is the first line, the backup line, the hospital"
            )
        if _is_before(step, before):
            raise BadEscalation(
                f"{priority}: {step.audience.value} would be asked before "
                f"{before.audience.value}: give it a longer delay"
            )


def _is_before(step: Step, other: Step) -> bool:
    seen = step.after is not None and other.after is not None and step.after < other.after
    return seen or step.after_slack < other.after_slack


def _check_bounds(priority: Priority, sla: Sla) -> None:
    if priority is Priority.P4 and sla.steps:
        raise BadEscalation("P4: it never rings, so that it has no steps")
    if priority in {Priority.P1, Priority.P2} and not sla.steps:
        raise BadEscalation(f"{priority}: without any step nobody else would ever be asked")
    by_seeing = [step.after for step in sla.steps if step.after is not None]
    if priority is Priority.P3 and by_seeing:
        raise BadEscalation("P3: it is widened by slack only: give its steps no other delay")
    if not 1 <= sla.readers_at_once <= MOST_READERS:
        raise BadEscalation(f"{priority}: offer it to 1 to {MOST_READERS} readers at once")
    slack = [step.after_slack.total_seconds() for step in sla.steps]
    shortest = [each.total_seconds() for each in (*by_seeing, sla.aside_within, sla.answer_within)]
    if any(not 0 <= each <= LONGEST_S for each in slack) or any(
        not _FEWEST_SECONDS <= each <= LONGEST_S for each in shortest
    ):
        raise BadEscalation(
            f"{priority}: a delay is {_FEWEST_SECONDS} to {LONGEST_S} seconds, "
            "one after the slack 0 or more"
        )
