"""Some people are never on guard together."""

from app.adapters.solver.frame import Person
from app.adapters.solver.model import RosterModel, Span


def apply(model: RosterModel) -> None:
    """Forbid such two people all seats that share an instant."""
    people = {person.reader.id: person for person in model.frame.people}
    pairs = {
        (min(person.reader.id, other), max(person.reader.id, other))
        for person in model.frame.people
        for other in person.reader.incompatible
        if other in people and other != person.reader.id
    }
    for one, other in sorted(pairs):
        _part(model, people[one], people[other])


def _part(model: RosterModel, one: Person, other: Person) -> None:
    for span in model.spans[one.reader.id]:
        for against in model.spans[other.reader.id]:
            if against.start < span.end and span.start < against.end:
                _forbid(model, span, against)


def _forbid(model: RosterModel, span: Span, against: Span) -> None:
    if span.is_sure or against.is_sure:
        for seat in (*span.seats, *against.seats):
            model.cp.add(seat == 0)
    else:
        model.cp.add_at_most_one([*span.seats, *against.seats])
