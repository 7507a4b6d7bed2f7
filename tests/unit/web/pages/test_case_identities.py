"""Identities side by side: what differs is marked, as received and not as shown."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from app.web.pages.case_identities import compare_identities, compare_patients
from app.web.pages.texts import texts_of
from app.worklist.views.case import Identity
from app.worklist.views.case_facts import IdentitySeen, StudyFacts

NOW = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
ENGLISH = texts_of("en")
WORDS = st.text(alphabet="AB^", max_size=3)


def make_identity(key: int, *, in_force: bool = False, **changes: str) -> IdentitySeen:
    values = {
        "patient_name": "MARTIN^PAUL",
        "patient_birth_date": "19500101",
        "patient_sex": "M",
        "patient_id": "P1",
        "issuer_of_patient_id": "",
        "domain_name": "CH",
    }
    return IdentitySeen(
        patient_key=key,
        identity=Identity(**(values | changes)),
        first_seen_at=NOW,
        last_seen_at=NOW,
        instance_count=2,
        is_correction=False,
        is_in_force=in_force,
    )


def make_study(study_id: int, *identities: IdentitySeen) -> StudyFacts:
    return StudyFacts(
        study_id=study_id,
        description="Crâne",
        modalities=("CT",),
        image_count=2,
        expected_count=None,
        accessions=(),
        papers=(),
        site_to_confirm=False,
        site_reason="",
        unknown_calling=False,
        identity_open=len(identities) > 1,
        identities=identities,
        last_choice_id=None,
    )


@given(st.lists(WORDS, min_size=2, max_size=4), st.lists(WORDS, min_size=4, max_size=4))
def test_a_field_is_marked_exactly_when_two_identities_differ_in_it(
    names: list[str], ids: list[str]
) -> None:
    identities = [
        make_identity(key, patient_name=name, patient_id=ids[key]) for key, name in enumerate(names)
    ]

    (comparison,) = compare_identities([make_study(1, *identities)], texts=ENGLISH)

    marked = {field.label for field in comparison.fields if field.differs}
    assert ("Name" in marked) == (len(set(names)) > 1)
    assert ("Patient ID" in marked) == (len(set(ids[: len(names)])) > 1)
    assert not marked & {"Born", "Sex", "Issuer"}


def test_two_spellings_that_look_alike_are_still_marked() -> None:
    study = make_study(1, make_identity(1), make_identity(2, patient_name="MARTIN^PAUL^^"))

    (comparison,) = compare_identities([study], texts=ENGLISH)

    name = comparison.fields[0]
    assert name.values == ("MARTIN PAUL", "MARTIN PAUL")
    assert name.differs


def test_a_study_with_one_identity_is_not_compared() -> None:
    assert compare_identities([make_study(1, make_identity(1))], texts=ENGLISH) == ()


def test_studies_of_one_patient_are_not_compared_and_of_two_they_are() -> None:
    first = make_study(1, make_identity(1, in_force=True))
    same = make_study(2, make_identity(2, in_force=True))
    other = make_study(3, make_identity(3, in_force=True, patient_id="P2"))

    assert compare_patients([first, same], texts=ENGLISH) is None
    compared = compare_patients([first, other], texts=ENGLISH)
    assert compared is not None
    assert [field.label for field in compared.fields if field.differs] == ["Patient ID"]
    assert compared.titles == ("CT Crâne", "CT Crâne")
