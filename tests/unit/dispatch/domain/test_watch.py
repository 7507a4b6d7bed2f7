"""Every pair of a stage of a claim and an action, written out a second time; and its instants."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dispatch.domain.watch import (
    ASIDE,
    ClaimAction,
    ClaimMoveRefused,
    ClaimStage,
    Pace,
    find_pause_end,
    find_stage_due,
    next_stage,
)

NIGHT = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

STAGES = ("active", "asked", "told", "aside", "aside_asked", "aside_told", "opened")
# Columns: the stages above; "-" is refused.
EXPECTED = {
    "sign": "active active active aside aside_asked aside_told -",
    "put_aside": "aside aside aside - aside aside -",
    "resume": "- - - active active active -",
    "run_out": "asked told opened aside_asked aside_told opened -",
    "leave": "- active active - aside aside -",
    "open": "opened opened opened opened opened opened -",
}
PAIRS = [
    (stage, action, target)
    for action, row in EXPECTED.items()
    for stage, target in zip(STAGES, row.split(), strict=True)
]


def make_pace(*, slack: timedelta | None = 40 * MINUTE) -> Pace:
    return Pace(
        expected_read=10 * MINUTE,
        aside_within=20 * MINUTE,
        answer_within=5 * MINUTE,
        slack_ends_at=None if slack is None else NIGHT + slack,
    )


def test_the_grid_speaks_of_every_stage_and_every_action() -> None:
    assert {stage.value for stage in ClaimStage} == set(STAGES)
    assert {action.value for action in ClaimAction} == set(EXPECTED)


@pytest.mark.parametrize(("stage", "action", "target"), PAIRS)
def test_every_action_at_every_stage_leads_where_the_grid_says_or_is_refused(
    stage: str, action: str, target: str
) -> None:
    if target != "-":
        assert next_stage(ClaimStage(stage), ClaimAction(action)) == ClaimStage(target)
        return

    with pytest.raises(ClaimMoveRefused) as refused:
        next_stage(ClaimStage(stage), ClaimAction(action))

    assert (refused.value.stage, refused.value.action) == (stage, action)


@pytest.mark.parametrize("stage", [each for each in ClaimStage if each is not ClaimStage.OPENED])
def test_without_any_sign_every_claim_is_opened_after_two_people_were_asked(
    stage: ClaimStage,
) -> None:
    walked = [stage]
    while walked[-1] is not ClaimStage.OPENED:
        walked.append(next_stage(walked[-1], ClaimAction.RUN_OUT))

    full = ["aside", "aside_asked", "aside_told"] if stage in ASIDE else ["active", "asked", "told"]
    assert [*full, "opened"][full.index(stage.value) :] == [each.value for each in walked]


@pytest.mark.parametrize("stage", list(ClaimStage))
def test_every_claim_that_stands_has_an_instant_to_come(stage: ClaimStage) -> None:
    due = find_stage_due(stage, pace=make_pace(), now=NIGHT)

    assert (
        due
        == {
            "active": NIGHT + 15 * MINUTE,
            "asked": NIGHT + 5 * MINUTE,
            "told": NIGHT + 5 * MINUTE,
            "aside": NIGHT + 20 * MINUTE,
            "aside_asked": NIGHT + 5 * MINUTE,
            "aside_told": NIGHT + 5 * MINUTE,
            "opened": None,
        }[stage.value]
    )


@given(st.none() | st.integers(-600, 600))
def test_a_pause_ends_in_time_to_take_the_case_up_again(minutes: int | None) -> None:
    pace = make_pace(slack=None if minutes is None else minutes * MINUTE)

    end = find_pause_end(pace, now=NIGHT)

    assert NIGHT < end <= NIGHT + pace.aside_within
    if pace.slack_ends_at is not None and pace.slack_ends_at > NIGHT:
        assert end <= pace.slack_ends_at
