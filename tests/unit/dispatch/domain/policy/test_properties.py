"""What holds of every decision, whoever is on guard and whatever the group has set."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.dispatch.domain.policy import (
    CaseToRead,
    Circle,
    Decision,
    Parameters,
    Reader,
    Ring,
    decide,
)
from app.dispatch.domain.policy.answer import EXPLAINED
from app.dispatch.domain.policy.filters import AWAY, FILTERS
from app.dispatch.domain.presence import PresenceState
from tests.factories.policy import (
    NIGHT,
    circles,
    draw_cases,
    draw_parameters,
    draw_readers,
    draw_teams,
)


@given(st.lists(draw_readers(), max_size=12), draw_cases(), circles, draw_parameters())
def test_a_case_stays_with_nobody_only_when_nobody_is_on_guard(
    seated: list[Reader], case: CaseToRead, circle: Circle, parameters: Parameters
) -> None:
    decision = decide(case, readers=seated, circle=circle, now=NIGHT, parameters=parameters)

    on_guard = {each.radiologist_id for each in seated if each.guard.contains(NIGHT)}
    ranked = [each.radiologist_id for each in decision.ranking]
    assert bool(decision.nominees) == bool(on_guard)
    assert set(ranked) <= on_guard
    assert ranked[: len(decision.nominees)] == list(decision.nominees)[:EXPLAINED]
    assert len(set(ranked)) == len(ranked)
    assert not {each.radiologist_id for each in decision.excluded} & set(ranked)
    assert decision.next_deadline > NIGHT


@given(draw_teams(), draw_cases(), circles, draw_parameters(), st.randoms(use_true_random=False))
def test_the_order_in_which_readers_come_changes_nothing_nor_does_asking_again(
    seated: list[Reader],
    case: CaseToRead,
    circle: Circle,
    parameters: Parameters,
    chance: object,
) -> None:
    shuffled = list(seated)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    def ask(readers: list[Reader]) -> Decision:
        return decide(case, readers=readers, circle=circle, now=NIGHT, parameters=parameters)

    assert ask(seated) == ask(shuffled) == ask(seated)


@given(draw_teams(), draw_cases(), circles, draw_parameters())
def test_a_filter_is_dropped_only_when_the_standing_ones_leave_nobody(
    seated: list[Reader], case: CaseToRead, circle: Circle, parameters: Parameters
) -> None:
    decision = decide(case, readers=seated, circle=circle, now=NIGHT, parameters=parameters)

    names = [name for name, _ in FILTERS]
    dropped = [name for name in decision.dropped_filters if name in names]
    assert dropped == names[: len(dropped)], "in their order"
    for each in decision.excluded:
        assert each.reason not in decision.dropped_filters
    if AWAY[0] in decision.dropped_filters:
        asked = {each.radiologist_id for each in decision.ranking}
        asked |= {each.radiologist_id for each in decision.excluded}
        there = (PresenceState.PRESENT, PresenceState.BUSY, PresenceState.NO_NEW_WORK)
        assert not any(
            reader.presence in there and not reader.is_called_to_site
            for reader in seated
            if reader.radiologist_id in asked and reader.guard.contains(NIGHT)
        )
    if dropped and decision.ranking:
        # Somebody who is asked fails the last filter that was dropped.
        kept = {each.radiologist_id for each in decision.ranking}
        only = [reader for reader in seated if reader.radiologist_id in kept]
        again = decide(case, readers=only, circle=circle, now=NIGHT, parameters=parameters)
        assert dropped[-1] in again.dropped_filters


@given(draw_teams(), draw_cases(("P1",)), circles, draw_parameters())
def test_where_life_is_at_stake_no_affinity_counts(
    seated: list[Reader], case: CaseToRead, circle: Circle, parameters: Parameters
) -> None:
    moved = [replace(each, ring=Ring.GCS) for each in seated]

    there = decide(case, readers=seated, circle=circle, now=NIGHT, parameters=parameters)
    here = decide(case, readers=moved, circle=circle, now=NIGHT, parameters=parameters)

    assert there == here


@given(
    draw_teams(), draw_cases(), circles, draw_parameters(), st.integers(0, 11), st.floats(0, 120)
)
def test_more_ahead_never_brings_a_reader_forward(
    seated: list[Reader],
    case: CaseToRead,
    circle: Circle,
    parameters: Parameters,
    at: int,
    more: float,
) -> None:
    if at >= len(seated):
        return
    heavier = list(seated)
    heavier[at] = replace(seated[at], ahead_minutes=seated[at].ahead_minutes + more)

    def place(readers: list[Reader]) -> int | None:
        ranking = decide(
            case, readers=readers, circle=circle, now=NIGHT, parameters=parameters
        ).ranking
        ids = [each.radiologist_id for each in ranking]
        return ids.index(seated[at].radiologist_id) if seated[at].radiologist_id in ids else None

    before, after = place(seated), place(heavier)

    assert (before is None) == (after is None)
    assert before is None or after is None or after >= before
