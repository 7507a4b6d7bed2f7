import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset

from app.intake.domain.attributes import INDEXED, Attributes, read_attributes, write_dicom_json
from app.intake.domain.header import EXPLICIT_LITTLE, scan_elements
from tests.factories.dicom import make_ct_slice, make_ct_study
from tests.factories.encoded import encode_data_set


def attributes_of(dataset: Dataset) -> Attributes:
    data = encode_data_set(dataset)
    return read_attributes(scan_elements(data, transfer_syntax_uid=EXPLICIT_LITTLE, wanted=INDEXED))


def test_a_slice_tells_of_its_patient_study_and_series() -> None:
    study = make_ct_study()
    attributes = attributes_of(make_ct_slice(study, number=7))

    assert attributes.study_instance_uid == study.study_instance_uid
    assert attributes.patient.patient_name == "ESSAI^CLAIRE"
    assert attributes.patient.patient_birth_date == "19710314"
    assert attributes.study.institution_name == "CH DE L'EXEMPLE"
    assert attributes.series.modality == "CT"
    assert attributes.series.body_part_examined == "HEAD"
    assert attributes.instance_number == "7"


def test_absent_and_empty_attributes_are_empty_text() -> None:
    attributes = attributes_of(make_ct_slice(PatientName=None, StudyDescription=""))

    assert attributes.patient.patient_name == ""
    assert attributes.study.study_description == ""


def test_pydicom_reads_what_documents_copy() -> None:
    dataset = make_ct_slice(
        PatientName="LÉA^Noël=山田", PatientWeight="71.5", OtherPatientIDs=["A", "B"]
    )
    dataset.SpecificCharacterSet = "ISO_IR 192"

    copied = Dataset.from_json(json.dumps(attributes_of(dataset).as_received))

    for keyword in ("PatientName", "PatientWeight", "OtherPatientIDs", "StudyDate", "StudyID"):
        assert copied[keyword].value == dataset[keyword].value
    assert copied.SpecificCharacterSet == "ISO_IR 192"


def test_a_text_of_absurd_length_is_cut_for_the_index() -> None:
    elements = {0x00100020: b"x" * 9000, 0x00100010: b"y" * 9000}

    patient = read_attributes(elements).patient

    assert len(patient.patient_id) == 128
    assert len(patient.patient_name) == 324


@given(st.dictionaries(st.sampled_from(sorted(INDEXED)), st.binary(max_size=60)))
def test_whatever_was_sent_becomes_json_that_a_database_takes(elements: dict[int, bytes]) -> None:
    written = json.dumps(write_dicom_json(elements), allow_nan=False)

    assert "\\u0000" not in written
    read_attributes(elements)


@pytest.mark.parametrize("number", (b"NaN ", b"1e999 ", b"-Infinity "))
def test_a_number_that_json_has_no_word_for_stays_a_text(number: bytes) -> None:
    written = json.dumps(write_dicom_json({0x00101020: number}), allow_nan=False)

    assert json.loads(written)["00101020"]["Value"] == [number.decode().strip()]
