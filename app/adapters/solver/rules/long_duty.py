"""A duty has a greatest length, and after a long one comes a longer rest."""

from bisect import bisect_right

from app.adapters.solver.duties import Duty, bridges, find_duties, find_too_near
from app.adapters.solver.frame import Person
from app.adapters.solver.model import RosterModel, Span
from app.adapters.solver.rules import busy
from app.planning.domain.roster.profile import Rule


def apply(model: RosterModel) -> None:
    """Forbid duties that are too long, and seats too soon after long ones."""
    for person in model.frame.people:
        spans = model.spans[person.reader.id]
        for duty in find_duties(spans, longer_than=person.reader.profile.longest_duty):
            model.limit(person, Rule.LONG_DUTY, duty.spans, most=len(duty.spans) - 1)
        starts = [span.start for span in spans]
        for duty in find_duties(spans, longer_than=person.reader.profile.long_duty):
            later = spans[bisect_right(starts, duty.last.start) :]
            _rest_after(model, person, duty=duty, later=later)
            if busy.is_too_soon(person.reader, duty.last.rest_from, end=duty.last.end):
                model.limit(person, Rule.LONG_DUTY, duty.spans, most=len(duty.spans) - 1)


def _rest_after(model: RosterModel, person: Person, *, duty: Duty, later: tuple[Span, ...]) -> None:
    profile = person.reader.profile
    short = duty.last.rest_from + profile.rest.total_seconds()
    for span, near in find_too_near(duty, spans=later, rest=profile.rest_after_long):
        between = bridges(duty, until=span, near=near, longest=profile.longest_duty)
        # What is too near after any duty, the daily rest forbids already.
        if between or span.start >= short or Rule.REST in profile.soft:
            held = [*duty.spans, span]
            model.limit(person, Rule.LONG_DUTY, held, most=len(duty.spans), unless=between)
