"""The attributes that the index kept are read back as text, whatever their shape."""

import json

from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset

from app.reports.domain.received import read_received
from tests.factories.reports import make_received_study

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def test_what_pydicom_writes_is_read_back() -> None:
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.PatientName = "LÉVÊQUE^Zoé"
    dataset.PatientID = "P-0042"
    dataset.PatientBirthDate = "19610714"
    dataset.PatientSex = "F"
    dataset.StudyID = "77"
    dataset.StudyDate = "20261121"
    dataset.StudyTime = "231512.5"
    dataset.StudyDescription = "Scanner cérébral sans injection"
    dataset.AccessionNumber = "A0042"
    dataset.ReferringPhysicianName = "MARTIN^Paul"
    expected = make_received_study()

    received = read_received(
        json.loads(dataset.to_json()),
        study_instance_uid=expected.study_instance_uid,
        series=expected.series,
    )

    assert received == expected


def test_groups_of_a_name_and_several_values_keep_their_separators() -> None:
    name = {"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"}
    as_received = {
        "00100010": {"vr": "PN", "Value": [name]},
        "00080005": {"vr": "CS", "Value": [None, "ISO 2022 IR 87"]},
        "00100020": {"vr": "LO"},
    }

    received = read_received(as_received, study_instance_uid="1.2", series=())

    assert received.patient_name == "Yamada^Tarou=山田^太郎=やまだ^たろう"
    assert received.character_set == "\\ISO 2022 IR 87"
    assert received.patient_id == ""


@given(element=JSON)
def test_no_shape_breaks_the_reading(element: object) -> None:
    received = read_received({"00100010": element}, study_instance_uid="1.2", series=())

    assert isinstance(received.patient_name, str)
