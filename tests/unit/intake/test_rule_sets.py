import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.directory.domain import InvalidField
from app.intake.domain.classes import IntakeClass
from app.intake.domain.rule_sets import check_rules, compare_classes, write_rules

RULE: dict[str, object] = {"intake_class": "test", "patient_id": "QC*"}


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({}, "rules.0.intake_class"),
        ({"intake_class": "phantom", "modality": "CT"}, "rules.0.intake_class"),
        ({"intake_class": "test"}, "rules.0"),
        ({"intake_class": "test", "modality": None}, "rules.0"),
        ({"intake_class": "test", "colour": "red"}, "rules.0.colour"),
        ({"intake_class": "test", "modality": "ct"}, "rules.0.modality"),
        ({"intake_class": "test", "modality": 5}, "rules.0.modality"),
        ({"intake_class": "test", "sender_id": "7"}, "rules.0.sender_id"),
        ({"intake_class": "test", "sender_id": True}, "rules.0.sender_id"),
        ({"intake_class": "test", "older_than_hours": 0}, "rules.0.older_than_hours"),
        ({"intake_class": "test", "patient_id": "*"}, "rules.0.patient_id"),
        ({"intake_class": "test", "patient_id": "x" * 65}, "rules.0.patient_id"),
        ({"intake_class": "test", "patient_name": "a*b*c*d*e*f*g"}, "rules.0.patient_name"),
        ({"intake_class": "test", "words": "..."}, "rules.0.words"),
        ({"intake_class": "test", "station_name": "x" * 17}, "rules.0.station_name"),
        ({"intake_class": "test", "called_ae_title": ""}, "rules.0.called_ae_title"),
    ],
)
def test_a_rule_that_is_none_is_refused_by_its_field(rule: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidField) as refused:
        check_rules([rule])

    assert refused.value.field == field


def test_a_site_has_at_most_fifty_rules() -> None:
    assert len(check_rules([RULE] * 50)) == 50
    with pytest.raises(InvalidField):
        check_rules([RULE] * 51)


def test_rules_are_kept_as_they_are_read() -> None:
    raw = [RULE, {"intake_class": "prior", "older_than_hours": 48, "sender_id": 3}]

    assert write_rules(check_rules(raw)) == raw


classes = st.sampled_from(list(IntakeClass))


@given(st.lists(st.tuples(classes, classes)))
def test_the_effect_counts_every_study_once_before_and_once_after(
    pairs: list[tuple[IntakeClass, IntakeClass]],
) -> None:
    effect = compare_classes(pairs)

    assert sum(effect.before.values()) == sum(effect.after.values()) == effect.examined
    assert effect.examined == len(pairs)
    assert (effect.changed == 0) == all(one == other for one, other in pairs)


@pytest.mark.parametrize(("lost", "is_suspicious"), [(10, True), (9, False), (0, False)])
def test_more_than_nine_tenths_lost_is_suspicious(lost: int, is_suspicious: bool) -> None:  # noqa: FBT001
    pairs = [(IntakeClass.CASE, IntakeClass.TEST)] * lost
    pairs += [(IntakeClass.CASE, IntakeClass.CASE)] * (10 - lost)

    assert compare_classes(pairs).is_suspicious is is_suspicious


def test_what_was_lost_before_and_a_quiet_month_are_not_suspicious() -> None:
    assert not compare_classes([(IntakeClass.TEST, IntakeClass.TEST)]).is_suspicious
    assert not compare_classes([]).is_suspicious
