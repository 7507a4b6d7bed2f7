"""What a change of placements would break that was not broken before."""

from collections.abc import Iterable, Sequence
from datetime import tzinfo

from app.planning.domain.roster.people import Reader
from app.planning.domain.roster.problem import GuardDemand
from app.planning.domain.seats import Placement
from app.planning.domain.validator.judge import judge
from app.planning.domain.validator.violation import Violation


def judge_change(
    before: Sequence[Placement],
    after: Sequence[Placement],
    *,
    readers: Sequence[Reader],
    zone: tzinfo,
    demands: Iterable[GuardDemand] = (),
) -> list[Violation]:
    """Find the rules that are broken after a change, and were not by the same seats before it.

    Parameters
    ----------
    before, after
        The same seats with those around them, as they are held and as they would be.

    Returns
    -------
    list
        As `judge` does. Taking a seat away can break a rule too: two seats that touched it are
        then two duties without rest between them.
    """
    asked = tuple(demands)
    known = {
        (each.rule, each.radiologist, each.seats)
        for each in judge(before, readers=readers, zone=zone, demands=asked)
    }
    found = judge(after, readers=readers, zone=zone, demands=asked)
    return [each for each in found if (each.rule, each.radiologist, each.seats) not in known]
