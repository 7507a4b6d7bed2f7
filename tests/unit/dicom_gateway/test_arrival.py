import uuid
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.intake.domain.identifiers import MalformedUid
from dicom_gateway.arrival import (
    Announced,
    NotAnArrival,
    Provenance,
    UidMismatch,
    check_uids,
    find_uids,
    make_file_head,
    read_file_head,
)
from dicom_gateway.statuses import status_of
from tests.factories.dicom import make_ct_slice
from tests.factories.encoded import encode_data_set

CT = "1.2.840.10008.5.1.4.1.1.2"
DATA_SET = encode_data_set(make_ct_slice(sop_instance_uid="1.2.3.4"))
PROVENANCE = Provenance(
    arrival_id=uuid.UUID(int=7),
    association_id=uuid.UUID(int=8),
    sender_id=9,
    calling_ae_title="CT1",
    called_ae_title="ASTREINTE_P1",
    address="2001:db8::17",
    arrived_at=datetime(2026, 11, 20, 21, 0, 1, 250_000, tzinfo=UTC),
)


def announce(**changes: str) -> Announced:
    announced = {
        "sop_class_uid": CT,
        "sop_instance_uid": "1.2.3.4",
        "transfer_syntax_uid": "1.2.840.10008.1.2.1",
    }
    return Announced(**{**announced, **changes})


def check(data_set: bytes, announced: Announced) -> None:
    found = find_uids(data_set, transfer_syntax_uid=announced.transfer_syntax_uid)
    check_uids(found, announced)


def test_an_instance_that_is_what_it_says_passes() -> None:
    check(DATA_SET, announce())


@pytest.mark.parametrize("keyword", ("SOPClassUID", "StudyInstanceUID", "SeriesInstanceUID"))
def test_a_missing_uid_is_named(keyword: str) -> None:
    data_set = encode_data_set(make_ct_slice(sop_instance_uid="1.2.3.4", **{keyword: None}))  # type: ignore[arg-type]

    with pytest.raises(UidMismatch, match="the data set has no") as caught:
        check(data_set, announce())

    assert status_of(caught.value) == 0xA900


@pytest.mark.parametrize("announced", ({"sop_instance_uid": "1.2.3"}, {"sop_class_uid": "1.2"}))
def test_a_uid_that_differs_from_the_command_s_is_refused(announced: dict[str, str]) -> None:
    with pytest.raises(UidMismatch, match="not the one of the command"):
        check(DATA_SET, announce(**announced))


def test_a_uid_that_is_a_path_is_refused_without_being_repeated() -> None:
    data_set = DATA_SET.replace(b"1.2.3.4\0", b"../../x\0")

    with pytest.raises(MalformedUid) as caught:
        check(data_set, announce(sop_instance_uid="../../x"))

    assert ".." not in caught.value.message
    assert status_of(caught.value) == 0xC000


@given(st.binary(max_size=500))
def test_bytes_that_are_no_instance_are_refused(data_set: bytes) -> None:
    with pytest.raises(UidMismatch):
        check(data_set, announce())


def test_the_file_is_a_complete_one_and_its_data_set_is_untouched(tmp_path: Path) -> None:
    content = make_file_head(announce(), provenance=PROVENANCE) + DATA_SET
    (tmp_path / "a.dcm").write_bytes(content)

    read = pydicom.dcmread(BytesIO(content))
    head = read_file_head(tmp_path / "a.dcm")

    assert read.file_meta.MediaStorageSOPInstanceUID == "1.2.3.4"
    assert read.file_meta.ReceivingApplicationEntityTitle == "ASTREINTE_P1"
    assert read.PatientName == "ESSAI^CLAIRE"
    assert head.provenance == PROVENANCE
    assert head.announced.transfer_syntax_uid == "1.2.840.10008.1.2.1"
    assert content[head.data_set_at :] == DATA_SET


@given(st.binary(max_size=300), st.sampled_from([b"", b"\0" * 128 + b"DICM"]))
def test_a_file_that_is_not_ours_is_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, prefix: bytes
) -> None:
    path = tmp_path_factory.mktemp("spool") / "a.dcm"
    path.write_bytes(prefix + content)

    with pytest.raises(NotAnArrival, match=r"a\.dcm"):
        read_file_head(path)


@pytest.mark.parametrize("mark", [None, "unknown_calling", "pass"])
def test_the_mark_of_an_association_travels_in_the_file(tmp_path: Path, mark: str | None) -> None:
    path = tmp_path / "1.dcm"
    provenance = replace(PROVENANCE, mark=mark)
    path.write_bytes(make_file_head(announce(), provenance=provenance) + DATA_SET)

    assert read_file_head(path).provenance == provenance


def test_a_file_that_was_spooled_before_there_were_marks_is_read(tmp_path: Path) -> None:
    path = tmp_path / "1.dcm"
    head = make_file_head(announce(), provenance=PROVENANCE)
    assert b"mark" not in head, "what has no mark is written as before"
    path.write_bytes(head + DATA_SET)

    assert read_file_head(path).provenance.mark is None


def test_a_file_that_a_power_cut_left_too_short_is_no_arrival(tmp_path: Path) -> None:
    path = tmp_path / "1.dcm"
    head = make_file_head(announce(), provenance=PROVENANCE, data_set_bytes=len(DATA_SET))
    path.write_bytes(head + DATA_SET)
    assert read_file_head(path).data_set_at == len(head)

    path.write_bytes(head + DATA_SET[:-2])

    with pytest.raises(NotAnArrival, match="was cut off"):
        read_file_head(path)


@given(st.integers(min_value=0, max_value=len(DATA_SET)))
def test_of_a_data_set_that_is_still_coming_some_uids_are_found_and_none_is_wrong(cut: int) -> None:
    whole = find_uids(DATA_SET, transfer_syntax_uid="1.2.840.10008.1.2.1")

    found = find_uids(DATA_SET[:cut], transfer_syntax_uid="1.2.840.10008.1.2.1")

    assert whole.are_complete
    assert found.values.items() <= whole.values.items()
    assert not found.is_end_of_search


def test_of_a_deflated_data_set_no_more_than_the_beginning_is_inflated() -> None:
    deflated = "1.2.840.10008.1.2.1.99"
    # A private element of 1 MB stands before the UIDs of study and series.
    long = b"\x09\0\x01\0OB\0\0" + (1 << 20).to_bytes(4, "little") + bytes(1 << 20)
    at = DATA_SET.index(b"\x10\0\x10\0PN")
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    data_set = packer.compress(DATA_SET[:at] + long + DATA_SET[at:]) + packer.flush()

    found = find_uids(data_set, transfer_syntax_uid=deflated)

    assert not found.are_complete
    assert found.values[0x00080018] == "1.2.3.4"
    assert found.is_end_of_search
