"""Rules that a planning breaks, as a person reads them: the rule, who, and on which guards."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.planning.domain.seats import Seat
from app.planning.domain.validator import Severity, Violation
from app.planning.repository import seats
from app.planning.repository.people import name_radiologists
from app.web.pages.door import Visit
from app.web.pages.planning_words import RULES


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A broken rule.

    Parameters
    ----------
    rule
        In words, not yet translated.
    who
        By name; absent where it is not about one person.
    seats
        All that have a part in it, by their start.
    """

    rule: str
    severity: Severity
    who: str | None
    seats: tuple[Seat, ...]


async def tell_broken(guest: Visit, violations: Sequence[Violation]) -> tuple[Broken, ...]:
    """Name the people and the guards of broken rules, in the order of these."""
    people = {each.radiologist for each in violations if each.radiologist is not None}
    names = await name_radiologists(guest.session, people)
    ids = {seat for each in violations for seat in each.seats}
    known = [each.seat for each in await seats.list_facts(guest.session, seat_ids=ids)]
    return tuple(
        Broken(
            rule=RULES[each.rule],
            severity=each.severity,
            who=None if each.radiologist is None else names.get(each.radiologist),
            seats=tuple(seat for seat in known if seat.id in each.seats),
        )
        for each in violations
    )
