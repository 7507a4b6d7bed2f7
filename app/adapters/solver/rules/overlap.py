"""Nobody sits twice at one time; who stands in a site may sit at a distance as well."""

from itertools import chain

from app.adapters.solver.model import RosterModel, Span


def apply(model: RosterModel) -> None:
    """Allow each person one of all seats of a lane that share an instant (the maximal cliques)."""
    for spans in model.spans.values():
        lanes = (
            tuple(span for span in spans if span.is_on_site is is_on_site)
            for is_on_site in (False, True)
        )
        for together in chain.from_iterable(_find_cliques(lane) for lane in lanes):
            seats = [seat for span in together for seat in span.seats]
            if any(span.is_sure for span in together):
                for seat in seats:
                    model.cp.add(seat == 0)
            elif len(seats) > 1:
                model.cp.add_at_most_one(seats)


def _find_cliques(spans: tuple[Span, ...]) -> list[list[Span]]:
    """Find the maximal sets of spans that share an instant: each ends where its first one does."""
    cliques: list[list[Span]] = []
    active: list[Span] = []
    grown = False
    for span in spans:
        still = [each for each in active if each.end > span.start]
        if len(still) < len(active) and grown:
            cliques.append(active)
        active = [*still, span]
        grown = True
    return [*cliques, active] if active else []
