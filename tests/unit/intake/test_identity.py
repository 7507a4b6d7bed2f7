from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.intake.domain.attributes import PatientIdentity
from app.intake.domain.identity import agree, is_dummy, opens_identity

CLAIRE = PatientIdentity(
    patient_id="P-1",
    issuer_of_patient_id="CHX",
    patient_name="ESSAI^CLAIRE",
    patient_birth_date="19710314",
    patient_sex="F",
)
TEXTS = st.sampled_from(["", "a", "A", "b", "a^b", "A ^B^^", "=x"])
IDENTITIES = st.builds(
    PatientIdentity,
    patient_id=TEXTS,
    issuer_of_patient_id=TEXTS,
    patient_name=TEXTS,
    patient_birth_date=TEXTS,
    patient_sex=TEXTS,
)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("patient_name", "Essai^Claire"),
        ("patient_name", "ESSAI^CLAIRE^^^"),
        ("patient_name", " ESSAI ^ CLAIRE "),
        ("patient_name", "ESSAI^CLAIRE=="),
        ("patient_birth_date", ""),
        ("patient_sex", ""),
        ("patient_sex", "f"),
    ],
)
def test_padding_case_and_completion_are_no_conflict(field: str, value: str) -> None:
    assert agree(CLAIRE, replace(CLAIRE, **{field: value}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("patient_id", "P-2"),
        ("patient_id", "p-1"),
        ("patient_id", ""),
        ("issuer_of_patient_id", ""),
        ("issuer_of_patient_id", "CHY"),
        ("patient_name", "ESSAI^CLARA"),
        ("patient_name", "ESSAI CLAIRE"),
        ("patient_name", ""),
        ("patient_birth_date", "19710315"),
        ("patient_sex", "M"),
    ],
)
def test_any_other_difference_is_a_conflict(field: str, value: str) -> None:
    other = replace(CLAIRE, **{field: value})

    assert not agree(CLAIRE, other)
    assert opens_identity(other, in_force=CLAIRE, known=[CLAIRE])


@given(IDENTITIES, IDENTITIES)
def test_to_agree_is_mutual(one: PatientIdentity, other: PatientIdentity) -> None:
    assert agree(one, one)
    assert agree(one, other) == agree(other, one)


def test_a_rejected_identity_heard_again_is_no_news_but_a_third_is() -> None:
    wrong = replace(CLAIRE, patient_id="P-2")
    third = replace(CLAIRE, patient_id="P-3")
    known = [wrong, CLAIRE]

    assert not opens_identity(wrong, in_force=CLAIRE, known=known)
    assert not opens_identity(
        replace(wrong, patient_name="essai^claire^"), in_force=CLAIRE, known=known
    )
    assert opens_identity(third, in_force=CLAIRE, known=known)


def test_two_birth_dates_that_complete_one_identity_are_a_conflict() -> None:
    empty = replace(CLAIRE, patient_birth_date="")
    other = replace(CLAIRE, patient_birth_date="19800101")

    assert not opens_identity(CLAIRE, in_force=empty, known=[empty])
    assert opens_identity(other, in_force=empty, known=[empty, CLAIRE])


@given(IDENTITIES, st.lists(IDENTITIES, max_size=4))
def test_an_identity_that_a_study_had_never_opens_it_again_once_chosen(
    in_force: PatientIdentity, others: list[PatientIdentity]
) -> None:
    known = [in_force, *others]

    for each in known:
        if not agree(each, in_force):
            assert not opens_identity(each, in_force=in_force, known=known)


@pytest.mark.parametrize("patient_id", ["", "  ", "INCONNU", "inconnu ", "0000", "Urgénce"])
def test_dummy_identifiers_are_recognised_whatever_their_case(patient_id: str) -> None:
    assert is_dummy(patient_id, dummies=["INCONNU", "URGENCE", "0000"])


@pytest.mark.parametrize("patient_id", ["INCONNU12", "00001", "000", "P-1"])
def test_what_is_not_listed_is_an_identifier(patient_id: str) -> None:
    assert not is_dummy(patient_id, dummies=["INCONNU", "URGENCE", "0000"])
