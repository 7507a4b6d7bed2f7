import uuid
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from app.directory.domain.prefixes import prefix_accession, prefix_identifier
from app.directory.domain.uids import derive_uid
from app.intake.domain.arrival import ArrivedInstance
from app.intake.domain.attributes import Attributes, PatientIdentity, read_attributes
from app.intake.domain.placing import OriginalStudy, find_origin_prefix, put_back

PREFIXES = {"S1": 1, "S12": 2}
UIDS = {"study": "1.2.3", "series": "1.2.3.4", "instance": "1.2.3.4.5"}
VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="\\"))


def make_identity(patient_id: str, issuer: str = "") -> PatientIdentity:
    return PatientIdentity(
        patient_id=patient_id,
        issuer_of_patient_id=issuer,
        patient_name="ESSAI^CLAIRE",
        patient_birth_date="19710314",
        patient_sex="F",
    )


def make_attributes(patient: PatientIdentity, accession_number: str = "") -> Attributes:
    empty = read_attributes({})
    return replace(
        empty,
        sop_instance_uid=UIDS["instance"],
        series_instance_uid=UIDS["series"],
        study_instance_uid=UIDS["study"],
        patient=patient,
        study=replace(empty.study, accession_number=accession_number),
    )


def make_arrival(attributes: Attributes) -> ArrivedInstance:
    return ArrivedInstance(
        arrival_id=uuid.UUID(int=1),
        association_id=uuid.UUID(int=2),
        sender_id=1,
        calling_ae_title="CENTRE",
        called_ae_title="ASTREINTE",
        address="127.0.0.1",
        arrived_at=datetime(2026, 11, 20, tzinfo=UTC),
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        attributes=attributes,
        digest=b"",
        size_bytes=0,
        path="",
    )


def make_study(*identities: PatientIdentity, accession_number: str = "") -> OriginalStudy:
    return OriginalStudy(
        domain_id=7,
        site_id=2,
        study_instance_uid=UIDS["study"],
        identities=identities,
        accession_numbers=frozenset({accession_number}),
        uids=frozenset(UIDS.values()),
    )


@given(VALUES, VALUES, VALUES, st.booleans())
def test_what_left_comes_home_as_it_was(
    patient_id: str,
    issuer: str,
    accession_number: str,
    derived: bool,  # noqa: FBT001
) -> None:
    mine = make_identity(patient_id, issuer)
    sent = make_attributes(
        replace(
            mine,
            patient_id=prefix_identifier("S12", patient_id),
            issuer_of_patient_id=prefix_identifier("S12", issuer),
            patient_name="Essai^Claire^^",
        ),
        prefix_accession("S12", accession_number),
    )
    if derived:
        sent = replace(
            sent,
            sop_instance_uid=derive_uid(7, UIDS["instance"]),
            series_instance_uid=derive_uid(7, UIDS["series"]),
            study_instance_uid=derive_uid(7, UIDS["study"]),
        )
    study = make_study(make_identity("another"), mine, accession_number=accession_number)

    placed = put_back(make_arrival(sent), prefixes=PREFIXES, originals=[study])

    assert placed is not None
    assert placed.returned
    assert (placed.site_id, placed.domain_id) == (2, 7)
    home = placed.arrived.attributes
    assert home.patient == mine
    assert home.study.accession_number == accession_number
    assert home == replace(make_attributes(mine, accession_number), as_received=home.as_received)


def test_another_site_s_prefix_another_study_and_a_stranger_are_not_put_back() -> None:
    study = make_study(make_identity("1"))

    def try_to_put_back(patient_id: str, *, study_instance_uid: str = UIDS["study"]) -> object:
        sent = make_attributes(make_identity(patient_id))
        sent = replace(sent, study_instance_uid=study_instance_uid)
        return put_back(make_arrival(sent), prefixes=PREFIXES, originals=[study])

    assert try_to_put_back("S12-1") is not None
    assert try_to_put_back("S1-1") is None
    assert try_to_put_back("S12-2") is None
    assert try_to_put_back("1") is None
    assert try_to_put_back("S9-1") is None
    assert try_to_put_back("S12-1", study_instance_uid="9.9") is None


def test_the_prefix_is_found_on_the_patient_the_issuer_or_the_accession() -> None:
    for attributes in (
        make_attributes(make_identity("S1-7")),
        make_attributes(make_identity("7", "S1-CHX")),
        make_attributes(make_identity("7"), "S1-A1"),
    ):
        assert find_origin_prefix(attributes, prefixes=PREFIXES) == "S1"
    assert find_origin_prefix(make_attributes(make_identity("7")), prefixes=PREFIXES) is None
