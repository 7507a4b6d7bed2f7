"""A decision is made again from what was kept of it."""

import json

import pytest
from hypothesis import given

from app.dispatch.domain.policy import (
    DEFAULTS,
    RULE_VERSION,
    CaseToRead,
    Circle,
    Line,
    Parameters,
    Reader,
    Ring,
    decide,
)
from app.dispatch.domain.policy.stored import (
    OtherRule,
    read_readers,
    replay,
    write_answer,
    write_inputs,
)
from app.dispatch.domain.presence import PresenceState
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


def test_what_was_kept_reader_by_reader_is_read_as_before() -> None:
    guard = {"start": "2026-11-20T20:00:00+00:00", "end": "2026-11-21T00:00:00+00:00"}
    values = {
        "radiologist_id": 7,
        "line": "first",
        "guard": guard,
        "ring": "gcs",
        "may_read_site": True,
        "claims": 1,
        "nominations": 2,
        "ahead_minutes": 31.5,
        "claims_last_hour": 3,
        "hourly_cap": 10,
        "read_minutes": 16.05,
        "transfer_minutes": 0.4,
        "sub_specialties": ["neuro"],
        "society_deficit": -1.5,
        "points": 12,
        "presence": "busy",
        "has_declined": False,
        "is_called_to_site": False,
    }

    (reader,) = read_readers([values])

    assert (reader.radiologist_id, reader.line, reader.ring) == (7, Line.FIRST, Ring.GCS)
    assert reader.guard.end.isoformat() == guard["end"]
    assert reader.sub_specialties == ("neuro",)
    assert reader.presence is PresenceState.BUSY


def test_what_is_the_same_for_all_readers_is_kept_once() -> None:
    readers = [make_reader(number) for number in (1, 2, 3)]

    kept = write_inputs(
        make_case(), readers=readers, circle=Circle.NEAREST, parameters=DEFAULTS, now=NIGHT
    )["readers"]

    assert kept["count"] == 3
    assert kept["each"]["radiologist_id"] == [1, 2, 3]
    assert kept["shared"]["line"] == "first"
    assert read_readers(kept) == readers


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
