"""A decision is made again from what was kept of it."""

import json

import pytest
from hypothesis import given

from app.dispatch.domain.policy import (
    DEFAULTS,
    RULE_VERSION,
    CaseToRead,
    Circle,
    Parameters,
    Reader,
    decide,
)
from app.dispatch.domain.policy.stored import OtherRule, replay, write_answer, write_inputs
from tests.factories.policy import (
    NIGHT,
    circles,
    draw_cases,
    draw_parameters,
    draw_teams,
    make_case,
    make_reader,
)


@given(draw_teams(), draw_cases(), circles, draw_parameters())
def test_a_decision_replays_to_the_same_result_through_json(
    seated: list[Reader], case: CaseToRead, circle: Circle, parameters: Parameters
) -> None:
    decision = decide(case, readers=seated, circle=circle, now=NIGHT, parameters=parameters)
    inputs = write_inputs(case, readers=seated, circle=circle, parameters=parameters, now=NIGHT)

    again = replay(json.loads(json.dumps(inputs)), rule_version=decision.rule_version)

    assert again == decision
    assert write_answer(again) == write_answer(decision)


def test_what_was_kept_beside_the_inputs_does_not_disturb() -> None:
    case, readers = make_case(), [make_reader(1)]
    inputs = write_inputs(
        case, readers=readers, circle=Circle.NEAREST, parameters=DEFAULTS, now=NIGHT
    ) | {"parameters_version": 7}

    assert replay(inputs, rule_version=RULE_VERSION).nominees == (1,)


def test_only_the_first_ten_scores_are_kept_but_every_nominee() -> None:
    readers = [make_reader(number) for number in range(1, 16)]

    ranking, _ = write_answer(
        decide(make_case(), readers=readers, circle=Circle.ON_GUARD, now=NIGHT)
    )

    assert [each["radiologist_id"] for each in ranking["readers"]] == list(range(1, 11))
    assert ranking["nominees"] == list(range(1, 16))


def test_a_decision_of_another_rule_is_not_made_again() -> None:
    with pytest.raises(OtherRule, match="2026-11-3"):
        replay({}, rule_version="2026-11-3")
