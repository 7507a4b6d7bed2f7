"""A night event by event: single ones by hand, then what holds for every night."""

import itertools
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.cases.domain.priority import Priority
from app.cases.domain.sla import Audience
from app.dispatch.domain.policy.inputs import Line
from app.dispatch.domain.simulation.night import Night, Seated, Trouble, TroubleKind
from app.dispatch.domain.simulation.people import CLAIMS_AFTER
from app.dispatch.domain.simulation.room import CALLED_AFTER, Outcome, simulate
from app.dispatch.domain.simulation.ways import Policy, Way, make_policies
from tests.unit.dispatch.domain.simulation.queues import arrive, make_night

POLICIES = make_policies()
OURS = POLICIES["ours"]
PUSHED = POLICIES["ours-push-only"]


def asleep(radiologist_id: int, begins: float = 0.0, ends: float = 720.0) -> Trouble:
    return Trouble(kind=TroubleKind.ASLEEP, radiologist_id=radiologist_id, begins=begins, ends=ends)


def tell(outcome: Outcome) -> list[tuple[int | None, float, float]]:
    """By case: who read it, from when to when."""
    return [(case.reader_id, case.began, case.ended) for case in outcome.cases]


def test_a_case_goes_to_the_reader_of_its_own_society() -> None:
    night = make_night(arrive(0), arrive(1, society=1))

    assert tell(simulate(night, OURS)) == [(1, 0, 10), (2, 1, 11)]


def test_nearness_keeps_a_case_waiting_only_as_long_as_it_is_worth() -> None:
    # The reader of its own has 9 min left: 10 min of nearness outweigh them; the third's 19 do not.
    night = make_night(arrive(0), arrive(1), arrive(1), societies=(0, 2))

    assert tell(simulate(night, PUSHED)) == [(1, 0, 10), (1, 10, 20), (2, 1, 11)]


def test_who_has_ended_a_read_takes_what_is_offered_to_another() -> None:
    night = make_night(arrive(0, read=30), arrive(0, society=1, read=5), arrive(1, read=7))
    pushed, taken = simulate(night, PUSHED), simulate(night, OURS)

    assert tell(pushed)[2] == (1, 30, 37)
    assert tell(taken)[2] == (2, 5, 12)
    assert taken.cases[2].is_taken_over


def test_what_is_due_first_is_read_first() -> None:
    night = make_night(
        arrive(0), arrive(1, priority=Priority.P3), arrive(2, priority=Priority.P2), societies=(0,)
    )

    assert tell(simulate(night, PUSHED))[1:] == [(1, 20, 30), (1, 10, 20)]


def test_a_p1_is_taken_at_once_and_what_was_put_aside_is_ended() -> None:
    night = make_night(
        arrive(0), arrive(4, read=3, priority=Priority.P1, reaction=1), societies=(0,)
    )

    assert tell(simulate(night, OURS)) == [(1, 0, 13), (1, 5, 8)]
    assert tell(simulate(night, POLICIES["own-first"])) == [(1, 0, 10), (1, 10, 13)]


def test_a_reader_who_sleeps_loses_the_case_by_its_first_step() -> None:
    night = make_night(arrive(0, reaction=0.5), troubles=[asleep(1)])
    outcome = simulate(night, OURS)

    assert tell(outcome) == [(2, 3.5, 13.5)]
    assert outcome.steps == {Audience.ON_GUARD: 1}


def test_a_step_that_reaches_nobody_is_skipped_and_the_backup_line_comes() -> None:
    backup = Seated(radiologist_id=9, society=1, begins=0, ends=720, line=Line.BACKUP)
    night = make_night(
        arrive(0, reaction=0.5), societies=(0,), troubles=[asleep(1)], seated=[backup]
    )
    outcome = simulate(night, OURS)

    assert tell(outcome) == [(9, 3.5 + CALLED_AFTER, 13.5 + CALLED_AFTER)]
    assert outcome.steps == {Audience.ON_GUARD: 1, Audience.BACKUP: 1}


def test_without_steps_a_case_waits_until_its_reader_wakes() -> None:
    night = make_night(arrive(0, reaction=0.5), troubles=[asleep(1, ends=200)])

    assert tell(simulate(night, POLICIES["own-first"])) == [(1, 200, 210)]


def test_who_never_came_is_offered_nothing() -> None:
    trouble = Trouble(kind=TroubleKind.ABSENT, radiologist_id=1, begins=0, ends=720)
    night = make_night(arrive(0), troubles=[trouble])

    assert tell(simulate(night, OURS)) == [(2, 0, 10)]
    assert tell(simulate(night, POLICIES["alone"])) == [(None, math.inf, math.inf)]


def test_a_centre_that_is_down_loses_what_was_offered_and_later_what_was_claimed() -> None:
    down = Trouble(kind=TroubleKind.CENTRE_DOWN, radiologist_id=1, begins=5, ends=125)
    night = make_night(arrive(0), arrive(1, read=8), societies=(0, 2), troubles=[down])

    assert tell(simulate(night, replace(PUSHED, takes_steps=False))) == [
        (2, 6.5 + 8, 24.5),
        (2, 6.5, 14.5),
    ]
    assert tell(simulate(night, POLICIES["alone"])) == [(1, 0, 130), (1, 130, 138)]
    assert 5 + CLAIMS_AFTER < 14.5


def test_what_nobody_has_taken_at_the_end_of_a_guard_goes_to_who_comes() -> None:
    relief = Seated(radiologist_id=9, society=0, begins=30, ends=60)
    night = make_night(arrive(0, read=40), arrive(1), societies=(0,), lasts=30, seated=[relief])

    assert tell(simulate(night, OURS)) == [(1, 0, 40), (9, 30, 40)]


def test_round_robin_and_the_least_loaded_ask_as_they_say() -> None:
    night = make_night(arrive(0), arrive(1), arrive(2), arrive(3), societies=(0, 1, 0))

    robin = simulate(night, POLICIES["round-robin"])
    loaded = simulate(night, POLICIES["least-loaded"])
    assert [case.reader_id for case in robin.cases] == [2, 3, 1, 2]
    assert [case.reader_id for case in loaded.cases] == [1, 2, 3, 1]


def test_two_seats_of_one_person_and_trouble_of_nobody_are_refused() -> None:
    twice = make_night(seated=[Seated(radiologist_id=1, society=0, begins=0, ends=9)])
    with pytest.raises(ValueError, match="two seats"):
        simulate(twice, OURS)
    with pytest.raises(ValueError, match=r"\[7\]"):
        simulate(make_night(troubles=[asleep(7)]), OURS)


arrivals = st.builds(
    arrive,
    st.floats(0, 90),
    read=st.floats(0.5, 60),
    priority=st.sampled_from(Priority),
    society=st.integers(0, 1),
    reaction=st.sampled_from((0.0, 0.5, 4.0)),
)
troubles = st.builds(
    lambda kind, who, begins, lasts: Trouble(
        kind=kind, radiologist_id=who, begins=begins, ends=begins + lasts
    ),
    st.sampled_from(TroubleKind),
    st.integers(1, 3),
    st.floats(0, 90),
    st.floats(1, 60),
)
nights = st.builds(
    lambda found, befallen, lasts, relieved: make_night(
        *sorted(found, key=lambda each: each.at),
        societies=(0, 1, 1),
        lasts=lasts,
        troubles=befallen,
        seated=[Seated(radiologist_id=9, society=0, begins=lasts, ends=lasts + 600)]
        if relieved
        else [],
    ),
    st.lists(arrivals, max_size=12),
    st.lists(troubles, max_size=3),
    st.floats(10, 200),
    st.booleans(),
)
ways = st.sampled_from([*POLICIES.values(), Policy(name="x", way=Way.RULE, foresees=True)])


@settings(max_examples=150)
@given(nights, ways)
def test_every_case_is_read_once_or_open_at_the_end_and_nobody_reads_two_at_a_time(
    night: Night, policy: Policy
) -> None:
    outcome = simulate(night, policy)

    assert [case.arrival for case in outcome.cases] == list(night.arrivals)
    seats = {each.radiologist_id: each for each in night.seated}
    minutes = dict.fromkeys(seats, 0.0)
    ends: dict[int, list[tuple[float, float]]] = {who: [] for who in seats}
    for case in outcome.cases:
        if case.reader_id is None:
            assert (case.began, case.ended) == (math.inf, math.inf)
            continue
        who = seats[case.reader_id]
        assert case.arrival.at <= case.began < case.ended < math.inf
        assert who.begins <= case.began < who.ends
        # What was put aside lasted longer, nothing less.
        assert case.ended - case.began >= case.arrival.read - 1e-6
        minutes[case.reader_id] += case.arrival.read
        ends[case.reader_id].append((case.began, case.ended))
    for reader_id, spans in ends.items():
        # As much was read as fits one after the other into the time that they were at it.
        busy = sum(end - begin for begin, end in join_spans(spans))
        assert minutes[reader_id] <= busy + 1e-6


def join_spans(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    joined: list[tuple[float, float]] = []
    for begin, end in sorted(spans):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined


@settings(max_examples=60)
@given(nights)
def test_without_pauses_no_two_reads_of_one_reader_overlap(night: Night) -> None:
    calm = replace(night, troubles=tuple(each for each in night.troubles if not is_down(each)))
    outcome = simulate(calm, replace(OURS, puts_aside=False))

    spans: dict[int, list[tuple[float, float]]] = {}
    for case in outcome.cases:
        if case.reader_id is not None:
            spans.setdefault(case.reader_id, []).append((case.began, case.ended))
    for own in spans.values():
        own.sort()
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(own))


def is_down(trouble: Trouble) -> bool:
    return trouble.kind is TroubleKind.CENTRE_DOWN


@settings(max_examples=60)
@given(nights, ways)
def test_the_same_night_always_has_the_same_outcome(night: Night, policy: Policy) -> None:
    assert simulate(night, policy) == simulate(night, policy)


@settings(max_examples=60)
@given(nights)
def test_ours_leaves_nothing_open_that_somebody_on_guard_can_read(night: Night) -> None:
    # Whoever sleeps or is away: a reader of the relief is there for hours, and awake.
    relief = Seated(radiologist_id=10, society=1, begins=0, ends=5000)
    relieved = replace(night, seated=(*night.seated, relief))

    assert all(case.reader_id is not None for case in simulate(relieved, OURS).cases)
