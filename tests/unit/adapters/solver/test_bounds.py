"""What a society pays at least, looked at alone: its best roster pays just that."""

from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.adapters.solver.aims import Aims
from app.adapters.solver.bounds import Bounds
from app.adapters.solver.draft import begin_draft, find_owed
from app.adapters.solver.engine import Engine
from app.adapters.solver.frame import make_frame
from app.adapters.solver.solver import CpSatRosterSolver
from app.planning.domain.roster.people import Wish, WishKind
from app.planning.domain.roster.problem import Objective, RosterProblem
from tests.factories.rosters import QUIET, holders, hours, problem, reader, seat

SLOW = settings(
    deadline=None, max_examples=5, suppress_health_check=list(HealthCheck), derandomize=True
)
LONG = replace(QUIET, seconds=300, deterministic=100)
KEPT = (Objective.LARGEST_DEVIATION, Objective.DEVIATION)


@st.composite
def nights_of_one_society(draw: st.DrawFn) -> RosterProblem:
    dates = draw(st.sets(st.integers(0, 8), min_size=2, max_size=5))
    people = [
        reader(
            number,
            wishes=tuple(
                Wish(draw(st.sampled_from(WishKind)), hours(24 * day, 24 * day + 48), weight)
                for weight, day in enumerate(draw(st.lists(st.integers(0, 7), max_size=2)), 1)
            ),
        )
        for number in range(1, draw(st.integers(2, 3)) + 1)
    ]
    return problem([seat(day + 1, 24 * day, 24 * day + 8) for day in sorted(dates)], people)


@SLOW
@given(asked=nights_of_one_society())
def test_a_society_alone_pays_at_least_what_its_best_roster_pays(asked: RosterProblem) -> None:
    best = CpSatRosterSolver().solve(asked, limits=QUIET)
    found = {level.objective: level.value for level in best.levels}
    frame, engine = make_frame(asked), Engine(LONG)
    bounds = Bounds(frame, engine=engine)
    assert bounds.count(engine)
    assume(found[Objective.COVER] == found[Objective.LOANS] == 0)
    assume([found[each] for each in KEPT] == [bounds.largest, bounds.deviation])
    place = {row.model.id: row.number for row in frame.rows}
    held = {(who, place[of]) for of, who in holders(best).items() if who is not None}
    owned = dict(find_owed(frame))
    draft = replace(begin_draft(frame), held=held, merits={1: (bounds.deviation, 10**6)})
    aims = Aims(bounds, engine=engine, short=())

    near = bounds.find_near(1, held=held, owned=owned, engine=engine)

    assert near == (found[Objective.SPACING], found[Objective.WISHES])
    assert not aims.are_met(1, draft)
    draft.merits[1] = (bounds.deviation, 10 * near[0] + near[1])
    assert aims.are_met(1, draft)
    assert aims.find_least([1]) == 10 * near[0] + near[1]


@SLOW
@given(asked=nights_of_one_society(), more=st.integers(0, 2))
def test_what_is_known_within_limits_is_not_taken_for_more_than_them(
    asked: RosterProblem, more: int
) -> None:
    frame, engine = make_frame(asked), Engine(LONG)
    bounds, fresh = Bounds(frame, engine=engine), Bounds(frame, engine=engine)
    assert bounds.count(engine)
    assert fresh.count(engine)
    owned = dict(find_owed(frame))
    least, _ = bounds.find_near(1, held=set(), owned=owned, engine=engine)
    kept = {
        Objective.LARGEST_DEVIATION: bounds.largest,
        Objective.DEVIATION: bounds.deviation + 1000 * more,
        Objective.SPACING: least + more,
    }

    told = [
        each.find_for_people(Objective.WISHES, kept=kept, held=set(), owned=owned, part=1.0)
        for each in (bounds, fresh)
    ]

    assert told[0] == told[1]
