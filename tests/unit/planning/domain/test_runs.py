"""Roster runs: what was asked for survives its row, and progress says how far from the best."""

import json

from hypothesis import given
from hypothesis import strategies as st

from app.planning.domain.ports import Progress
from app.planning.domain.roster.problem import Limits, Objective
from app.planning.domain.runs import RunRequest, write_progress

IDS = st.frozensets(st.integers(1, 10_000), max_size=5)


@given(
    seconds=st.integers(1, 3600),
    seed=st.integers(0, 2**31 - 1),
    draft=st.none() | st.integers(1, 1000),
    freed=IDS,
    away=IDS,
)
def test_what_was_asked_for_is_read_as_it_was_written(
    seconds: int, seed: int, draft: int | None, freed: frozenset[int], away: frozenset[int]
) -> None:
    request = RunRequest(
        limits=Limits(seconds=seconds, seed=seed), draft=draft, freed=freed, away=away
    )

    assert RunRequest.read(json.loads(json.dumps(request.write()))) == request


def test_progress_tells_the_gap_between_the_best_and_its_bound() -> None:
    told = write_progress(Progress(objective=Objective.WISHES, best=12, bound=10, seconds=3.21))

    assert told == {"objective": "wishes", "best": 12, "bound": 10, "gap": 0.2, "seconds": 3.2}
    proven = write_progress(Progress(objective=Objective.COVER, best=0, bound=0, seconds=0.0))
    assert proven["gap"] == 0
