"""A set of parameters is taken as a whole, or not at all."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from app.dispatch.domain.policy import DEFAULTS, Parameters, Ring
from app.dispatch.domain.policy.parameters import InvalidParameters, Specialty
from tests.factories.policy import draw_parameters


@given(draw_parameters())
def test_what_is_written_is_read_back(parameters: Parameters) -> None:
    assert Parameters.from_json(json.loads(json.dumps(parameters.to_json()))) == parameters


def test_the_defaults_hold_and_come_back() -> None:
    assert Parameters.from_json(DEFAULTS.to_json()).to_json() == DEFAULTS.to_json()


def with_affinity(priority: str, **minutes: float) -> dict[str, Any]:
    rings = dict(DEFAULTS.affinity["P2"]) | {Ring(ring): each for ring, each in minutes.items()}
    return {"affinity": {**DEFAULTS.affinity, priority: rings}}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (with_affinity("P2", referent=4), "further off"),
        (with_affinity("P3", referent=241), "240"),
        (with_affinity("P3", outside=float("nan")), "number"),
        (with_affinity("P1"), "P2, P3 and P4, and nothing else"),
        ({"affinity": {"P2": DEFAULTS.affinity["P2"]}}, "affinity of P3"),
        ({"bonus": {"P1": 0, "P2": 0, "P3": 0}}, "bonus: name each priority"),
        ({"bonus": dict(DEFAULTS.bonus) | {"P4": -1}}, "bonus of P4"),
        ({"ageing": dict(DEFAULTS.ageing) | {"P2": 61}}, "ageing of P2"),
        ({"hourly_cap": 0}, "hourly_cap"),
        ({"closing_minutes": 61}, "closing_minutes"),
        ({"specialties": (Specialty(sub_specialty="neuro"),)}, "neither a modality nor a region"),
        ({"specialties": (Specialty(sub_specialty=" ", region="head"),)}, "1 to 64"),
        ({"specialties": DEFAULTS.specialties * 20}, "at most 100"),
    ],
)
def test_a_set_that_breaks_a_rule_is_refused_and_says_which(
    wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidParameters, match=message):
        replace(DEFAULTS, **wrong)


def test_a_specialty_concerns_what_it_names() -> None:
    brain = Specialty(sub_specialty="neuro", modality="MR", region="head")

    assert brain.concerns(modality="MR", region="head")
    assert not brain.concerns(modality="CT", region="head")
    assert not brain.concerns(modality="MR", region="spine")
    assert Specialty(sub_specialty="neuro", region="head").concerns(modality="US", region="head")
