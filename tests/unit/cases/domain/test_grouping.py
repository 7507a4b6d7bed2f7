"""Which studies make one case: the nights that happen, and what never may."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cases.domain.grouping import (
    Candidate,
    GroupingRule,
    Member,
    PatientKey,
    find_group,
    fold_name,
    is_dummy,
    is_same_patient,
)
from app.cases.domain.states import OPEN_FOR_DISPATCH, CaseState

NIGHT = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
RULE = GroupingRule(within=timedelta(minutes=60), dummies=frozenset({"INCONNU", "URGENCE", "0000"}))
JEANNE = PatientKey(
    domain_id=1,
    patient_id="PID1",
    issuer_of_patient_id="",
    patient_name="DUPONT^JEANNE",
    patient_birth_date="19500101",
)


def member(
    *, minutes: float = 0, lasting: float = 0, patient: PatientKey = JEANNE, site_id: int = 1
) -> Member:
    first = NIGHT + timedelta(minutes=minutes)
    return Member(
        site_id=site_id,
        patient=patient,
        first_image_at=first,
        last_image_at=first + timedelta(minutes=lasting),
    )


def case(*members: Member, case_id: int = 7, state: CaseState = CaseState.OPEN) -> Candidate:
    return Candidate(case_id=case_id, site_id=members[0].site_id, state=state, members=members)


def test_ct_cta_and_maps_over_nine_minutes_are_one_case() -> None:
    ct, cta, maps = member(lasting=1), member(minutes=4, lasting=2), member(minutes=9)

    assert find_group(cta, cases=[case(ct)], rule=RULE) == 7
    assert find_group(maps, cases=[case(ct, cta)], rule=RULE) == 7


@pytest.mark.parametrize("state", CaseState)
def test_only_a_case_that_nobody_has_signed_takes_another_study(state: CaseState) -> None:
    found = find_group(member(minutes=1), cases=[case(member(), state=state)], rule=RULE)

    assert found == (7 if state in OPEN_FOR_DISPATCH else None)


@pytest.mark.parametrize(("minutes", "found"), [(61, 7), (61.1, None), (-61, 7), (-62.1, None)])
def test_the_gap_is_counted_from_the_last_image_either_way(
    minutes: float, found: int | None
) -> None:
    late = member(minutes=minutes, lasting=1)

    assert find_group(late, cases=[case(member(lasting=1))], rule=RULE) == found


@pytest.mark.parametrize("patient_id", ["", "  ", "0000", "000000000", "inconnu", "Urgence "])
def test_dummy_identifiers_never_group(patient_id: str) -> None:
    nobody = replace(JEANNE, patient_id=patient_id)

    assert (
        find_group(member(patient=nobody), cases=[case(member(patient=nobody))], rule=RULE) is None
    )


@pytest.mark.parametrize(
    "blank", [{"patient_name": ""}, {"patient_name": "^^"}, {"patient_birth_date": " "}]
)
def test_an_identity_that_lacks_a_part_never_groups(blank: dict[str, str]) -> None:
    somebody = replace(JEANNE, **blank)  # type: ignore[arg-type]

    assert (
        find_group(member(patient=somebody), cases=[case(member(patient=somebody))], rule=RULE)
        is None
    )


def test_two_unknown_patients_of_one_crash_are_two_cases() -> None:
    first = replace(
        JEANNE, patient_id="ACC1", patient_name="INCONNU^X", patient_birth_date="19000101"
    )

    assert find_group(member(patient=first), cases=[case(member(patient=first))], rule=RULE) is None


@pytest.mark.parametrize(
    "other",
    [
        {"domain_id": 2},
        {"patient_id": "PID2"},
        {"issuer_of_patient_id": "OTHER"},
        {"patient_name": "DUPONT^JEAN"},
        {"patient_birth_date": "19500102"},
    ],
)
def test_an_identity_that_differs_in_anything_is_another_patient(other: dict[str, object]) -> None:
    somebody = replace(JEANNE, **other)  # type: ignore[arg-type]

    assert find_group(member(patient=somebody), cases=[case(member())], rule=RULE) is None


def test_accents_case_and_trailing_delimiters_do_not_make_another_patient() -> None:
    same = replace(JEANNE, patient_id=" pid1", patient_name="Dupônt^Jeanne^^^")

    assert find_group(member(patient=same), cases=[case(member())], rule=RULE) == 7


def test_an_identity_that_nobody_has_chosen_yet_groups_with_nothing() -> None:
    open_one = replace(member(), is_identity_open=True)

    assert find_group(open_one, cases=[case(member())], rule=RULE) is None
    assert find_group(member(), cases=[case(open_one)], rule=RULE) is None


def test_of_two_cases_the_nearer_in_time_takes_the_study_then_the_older() -> None:
    near, far = case(member(minutes=30), case_id=9), case(member(minutes=5), case_id=3)
    equal = case(member(minutes=30), case_id=8)

    assert find_group(member(minutes=35), cases=[far, near], rule=RULE) == 9
    assert find_group(member(minutes=35), cases=[far, near, equal], rule=RULE) == 8


IDS = st.sampled_from(["", "0000", "INCONNU", "A", "a ", "B"])
NAMES = st.sampled_from(["", "INCONNU", "DUPONT^JEANNE", "Dupont^Jeanne^", "MARTIN^LUC"])
PATIENTS = st.builds(
    PatientKey,
    domain_id=st.integers(1, 2),
    patient_id=IDS,
    issuer_of_patient_id=st.sampled_from(["", "X"]),
    patient_name=NAMES,
    patient_birth_date=st.sampled_from(["", "19500101"]),
)
MEMBERS = st.builds(
    member,
    minutes=st.floats(-300, 300),
    lasting=st.floats(0, 30),
    patient=PATIENTS,
    site_id=st.integers(1, 2),
)
CASES = st.builds(
    Candidate,
    case_id=st.integers(1, 50),
    site_id=st.integers(1, 2),
    state=st.sampled_from(CaseState),
    members=st.lists(MEMBERS, max_size=3).map(tuple),
)


@given(study=MEMBERS, cases=st.lists(CASES, max_size=6))
def test_whatever_is_grouped_is_one_somebody_at_one_hospital_within_the_hour(
    study: Member, cases: list[Candidate]
) -> None:
    found = find_group(study, cases=cases, rule=RULE)

    if found is None:
        return
    assert not is_dummy(study.patient.patient_id, dummies=RULE.dummies)
    assert any(
        each.case_id == found
        and each.site_id == study.site_id
        and each.state in OPEN_FOR_DISPATCH
        and all(other.patient.domain_id == study.patient.domain_id for other in each.members)
        and is_same_patient([study.patient, *(other.patient for other in each.members)])
        for each in cases
    )


@given(study=MEMBERS, cases=st.lists(CASES, max_size=6), seed=st.randoms())
def test_the_order_of_the_cases_changes_nothing(
    study: Member, cases: list[Candidate], seed: random.Random
) -> None:
    mixed = list(cases)
    seed.shuffle(mixed)
    distinct = {each.case_id: each for each in cases}

    assert find_group(study, cases=distinct.values(), rule=RULE) == find_group(
        study,
        cases=[each for each in mixed if distinct[each.case_id] is each],
        rule=RULE,
    )


@given(st.text())
def test_a_folded_name_folds_to_itself(text: str) -> None:
    assert fold_name(fold_name(text)) == fold_name(text)
