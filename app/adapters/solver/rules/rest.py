"""Between two duties lies the daily rest, from the last real act; seats that touch are one duty."""

from app.adapters.solver.duties import Duty, bridges, find_too_near
from app.adapters.solver.model import RosterModel
from app.adapters.solver.rules import busy
from app.planning.domain.roster.profile import Rule


def apply(model: RosterModel) -> None:
    """Forbid each two spans that lie too near, unless others in between make them one duty.

    A seat too soon before a session elsewhere is among the spans only where rest may be bought.
    """
    for person in model.frame.people:
        profile = person.reader.profile
        spans = model.spans[person.reader.id]
        for place, first in enumerate(spans):
            duty = Duty((first,))
            if busy.is_soon_after(person.reader, first.rest_from, end=first.end):
                model.limit(person, Rule.REST, [first], most=0)
            too_near = find_too_near(duty, spans=spans[place + 1 :], rest=profile.rest)
            for span, near in too_near:
                between = bridges(duty, until=span, near=near, longest=profile.longest_duty)
                model.limit(person, Rule.REST, [first, span], most=1, unless=between)
