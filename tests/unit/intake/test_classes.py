from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.intake.domain.classes import (
    ClassRule,
    IntakeClass,
    StudyFacts,
    classify,
    has_words_of_test,
    is_archive,
    matches,
    matches_pattern,
)

NOW = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
TONIGHT = StudyFacts(
    called_ae_title="ASTREINTE",
    calling_ae_title="CT1",
    sender_id=7,
    modalities=frozenset({"CT"}),
    station_name="CT1",
    study_description="SCANNER CEREBRAL",
    patient_id="P-0001",
    patient_name="ESSAI^CLAIRE",
    made_at=NOW - timedelta(minutes=10),
    arrived_at=NOW,
)
OLD = replace(TONIGHT, made_at=datetime(2023, 5, 1, tzinfo=UTC))


def class_of(facts: StudyFacts, *rules: ClassRule) -> IntakeClass:
    return classify(facts, rules=rules, ae_title="ASTREINTE", prior_hours=24).intake_class


def test_no_match_is_a_case() -> None:
    assert class_of(TONIGHT) is IntakeClass.CASE
    assert classify(TONIGHT, rules=(), ae_title="ASTREINTE", prior_hours=24).reason


def test_what_is_sent_to_the_priors_title_is_a_prior() -> None:
    assert class_of(replace(TONIGHT, called_ae_title="astreinte_ant")) is IntakeClass.PRIOR


def test_an_old_study_is_a_prior_from_an_archive_or_beside_tonight_s() -> None:
    assert class_of(replace(OLD, sender_is_archive=True)) is IntakeClass.PRIOR
    assert class_of(replace(OLD, patient_seen=True)) is IntakeClass.PRIOR


def test_an_old_date_from_a_scanner_alone_is_a_clock_that_lost_its_battery() -> None:
    assert class_of(OLD) is IntakeClass.CASE


@pytest.mark.parametrize(("hours", "expected"), [(24, "case"), (24.1, "prior")])
def test_a_prior_is_older_than_its_hours(hours: float, expected: str) -> None:
    facts = replace(TONIGHT, made_at=NOW - timedelta(hours=hours), sender_is_archive=True)

    assert class_of(facts) == expected


def test_a_study_without_a_date_is_never_old() -> None:
    assert class_of(replace(OLD, made_at=None, sender_is_archive=True)) is IntakeClass.CASE


@pytest.mark.parametrize(
    "text",
    ["PHANTOM", "QC", "QC-2026-11", "Fantôme^CT", "TEST1", "CONTROLE QUALITE", "contrôle_qualité"],
)
def test_phantoms_and_quality_control_are_tests(text: str) -> None:
    assert class_of(replace(TONIGHT, patient_id=text)) is IntakeClass.TEST
    assert class_of(replace(TONIGHT, patient_name=text)) is IntakeClass.TEST


@pytest.mark.parametrize("text", ["TESTUD^ANNE", "LEFANTOME", "12QC34", "PROTESTE", "", "CONTROLE"])
def test_people_and_identifiers_are_no_tests(text: str) -> None:
    assert not has_words_of_test(text)


def test_the_first_rule_of_the_site_that_matches_speaks_before_what_all_have() -> None:
    phantom = replace(TONIGHT, patient_id="PHANTOM")
    rules = (
        ClassRule(intake_class=IntakeClass.CASE, patient_id="phantom*"),
        ClassRule(intake_class=IntakeClass.OUT_OF_CONTRACT, modality="CT"),
    )

    assert class_of(phantom, *rules) is IntakeClass.CASE
    assert class_of(TONIGHT, *rules) is IntakeClass.OUT_OF_CONTRACT
    assert (
        classify(TONIGHT, rules=rules, ae_title="ASTREINTE", prior_hours=24).reason
        == "rule 2 of the site"
    )


CRITERIA: list[tuple[dict[str, object], dict[str, object]]] = [
    ({"called_ae_title": "astreinte"}, {"called_ae_title": "OTHER"}),
    ({"calling_ae_title": "CT1"}, {"calling_ae_title": "CT2"}),
    ({"sender_id": 7}, {"sender_id": 8}),
    ({"modality": "CT"}, {"modality": "MR"}),
    ({"words": "irm cérébral"}, {"words": "thorax abdomen"}),
    ({"older_than_hours": 24}, {"older_than_hours": 24 * 366 * 9}),
    ({"patient_id": "P-*"}, {"patient_id": "Q-*"}),
    ({"patient_name": "essai claire"}, {"patient_name": "essai"}),
    ({"station_name": "ct1"}, {"station_name": "CT"}),
]


@pytest.mark.parametrize(("met", "unmet"), CRITERIA)
def test_a_rule_matches_when_all_it_looks_for_is_there(
    met: dict[str, object], unmet: dict[str, object]
) -> None:
    def make(**criteria: object) -> ClassRule:
        return ClassRule(intake_class=IntakeClass.TEST, **criteria)  # type: ignore[arg-type]

    assert matches(make(**met), OLD)
    assert not matches(make(**unmet), OLD)
    if met.keys() != {"modality"}:
        assert not matches(make(**met, modality="US"), OLD)


def test_a_rule_that_looks_for_nothing_matches_nothing() -> None:
    assert not matches(ClassRule(intake_class=IntakeClass.TEST), TONIGHT)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("TEST^PHANTOM", "test phantom"),
        ("ESSAI^CLAIRE", "ESSAI*"),
        ("ESSAI^CLAIRE", "*claire"),
        ("ESSAI^CLAIRE", "*ss*cl*"),
        ("Élodie", "elo*"),
        ("AA", "a*a"),
        ("QC1", "qc1*"),
    ],
)
def test_a_star_stands_for_anything(text: str, pattern: str) -> None:
    assert matches_pattern(text, pattern)


@pytest.mark.parametrize(
    ("text", "pattern"), [("A", "a*a"), ("ABC", "b*"), ("ABC", "*b"), ("ABC", "*d*"), ("AB", "abc")]
)
def test_all_else_is_plain_text(text: str, pattern: str) -> None:
    assert not matches_pattern(text, pattern)


letters = st.text("ab.+(", max_size=6)


@given(st.lists(letters, min_size=1, max_size=5), letters)
def test_a_pattern_matches_what_it_was_made_of(parts: list[str], filler: str) -> None:
    assert matches_pattern(filler.join(parts), "*".join(parts))


def test_a_hostile_pattern_takes_no_time() -> None:
    assert not matches_pattern("a" * 300, "*".join("a" * 20) + "b")


def test_an_archive_answers_queries_or_has_site_rules_or_is_called_one() -> None:
    assert is_archive(["x"], answers_queries=True, has_site_rules=False)
    assert is_archive(["x"], answers_queries=False, has_site_rules=True)
    assert is_archive(["Scanner", "GHT_PACS1"], answers_queries=False, has_site_rules=False)
    assert not is_archive(["Scanner 1", "CT1"], answers_queries=False, has_site_rules=False)
