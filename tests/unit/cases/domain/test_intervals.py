"""Every interval of a case, by its two events."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.cases.domain.intervals import (
    ASIDE_BOUNDS,
    FACTS,
    MOVES,
    SPANS,
    Milestone,
    find_milestones,
    measure_intervals,
    sum_aside,
)
from app.cases.domain.timeline import EventKind

NIGHT = datetime(2026, 11, 22, 22, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Entry:
    at: datetime
    kind: str
    state_to: str | None = None


def draw_timelines() -> st.SearchStrategy[list[Entry]]:
    at = st.integers(0, 200).map(lambda s: NIGHT + s * SECOND)
    kinds = st.sampled_from([kind.value for kind in EventKind if kind is not EventKind.MOVED])
    states = st.sampled_from([state.value for state in MOVES.values()])
    facts = st.builds(Entry, at=at, kind=kinds)
    moves = st.builds(Entry, at=at, kind=st.just("moved"), state_to=states)
    return st.lists(st.one_of(facts, moves), max_size=25)


def test_each_milestone_has_one_source() -> None:
    given_ = {Milestone.REQUESTED, Milestone.FIRST_IMAGE}

    assert set(MOVES) | set(FACTS) | given_ == set(Milestone)
    assert len(MOVES) + len(FACTS) + len(given_) == len(Milestone)


def test_each_span_is_there_once_and_leads_from_one_milestone_to_another() -> None:
    assert len(set(SPANS)) == len(SPANS)
    assert all(span.start is not span.end for span in SPANS)


@given(timeline=draw_timelines())
def test_a_milestone_is_reached_when_its_first_event_was(timeline: list[Entry]) -> None:
    found = find_milestones(timeline, requested_at=None, first_image_at=NIGHT)

    for milestone, state in MOVES.items():
        instants = [e.at for e in timeline if (e.kind, e.state_to) == ("moved", state.value)]
        assert found.get(milestone) == min(instants, default=None)
    for milestone, kind in FACTS.items():
        instants = [e.at for e in timeline if e.kind == kind.value]
        assert found.get(milestone) == min(instants, default=None)
    assert found[Milestone.FIRST_IMAGE] == NIGHT
    assert Milestone.REQUESTED not in found


@given(timeline=draw_timelines(), aside_s=st.integers(0, 900))
def test_each_interval_is_the_difference_of_its_two_instants(
    timeline: list[Entry], aside_s: int
) -> None:
    found = find_milestones(timeline, requested_at=NIGHT - 60 * SECOND, first_image_at=NIGHT)

    intervals = measure_intervals(found, aside=aside_s * SECOND)

    measured = [each.span for each in intervals]
    assert measured == [span for span in SPANS if {span.start, span.end} <= found.keys()]
    for each in intervals:
        less = aside_s * SECOND if each.span.less_aside else timedelta(0)
        assert each.took == each.ended_at - each.started_at - less
        assert (each.started_at, each.ended_at) == (found[each.span.start], found[each.span.end])


@given(timeline=draw_timelines())
def test_a_case_is_aside_for_as_many_seconds_as_its_last_word_was_put_aside(
    timeline: list[Entry],
) -> None:
    ordered = sorted(timeline, key=lambda entry: entry.at)
    bounds = [entry for entry in ordered if entry.kind in ASIDE_BOUNDS]
    last = bounds[-1].at if bounds else NIGHT

    seconds = 0
    for second in range(round((last - NIGHT).total_seconds())):
        before = [entry for entry in bounds if entry.at <= NIGHT + second * SECOND]
        seconds += bool(before) and before[-1].kind == EventKind.PUT_ASIDE

    assert sum_aside(ordered) == seconds * SECOND
