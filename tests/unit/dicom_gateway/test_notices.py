import pytest
from pydicom import Dataset

from app.intake.domain.commitment import Reference
from app.intake.domain.identifiers import MalformedUid
from dicom_gateway.notices import (
    LARGEST_DATA_SET_BYTES,
    DataSetTooLarge,
    MissingAttribute,
    Notice,
    read_commitment,
)
from tests.factories.commitments import make_action
from tests.factories.steps import CT_IMAGE, make_commitment, make_reference

MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"


def read(data_set: Dataset | bytes, *, implicit: bool = False) -> tuple[str, list[Reference]]:
    asked = read_commitment(make_action(data_set, implicit=implicit))
    assert asked.sop_instance_uids == tuple(each.sop_instance_uid for each in asked.references)
    return asked.transaction_uid, list(asked.references)


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize("undefined_length", [False, True])
def test_a_request_names_instances_with_their_classes(
    *, implicit: bool, undefined_length: bool
) -> None:
    asked = make_commitment("1.2.1")
    asked.ReferencedSOPSequence.append(make_reference(MR_IMAGE, "1.2.2"))
    asked["ReferencedSOPSequence"].is_undefined_length = undefined_length
    for item in asked.ReferencedSOPSequence:
        item.is_undefined_length_sequence_item = undefined_length

    assert read(asked, implicit=implicit) == (
        "1.2.3.9",
        [Reference("1.2.1", CT_IMAGE), Reference("1.2.2", MR_IMAGE)],
    )


def test_what_else_stands_in_an_item_is_passed_over() -> None:
    asked = make_commitment("1.2.1")
    (item,) = asked.ReferencedSOPSequence
    item.TransactionUID = "1.2.99"
    item.StorageMediaFileSetUID = "1.2.98"
    asked.ReferencedPerformedProcedureStepSequence = [make_reference(MR_IMAGE, "1.2.97")]

    assert read(asked) == ("1.2.3.9", [Reference("1.2.1", CT_IMAGE)])


def test_an_instance_counts_once_by_the_class_that_was_named_first() -> None:
    asked = make_commitment("1.2.1", "1.2.1")
    asked.ReferencedSOPSequence.append(make_reference(MR_IMAGE, "1.2.1"))

    assert read(asked)[1] == [Reference("1.2.1", CT_IMAGE)]


def test_an_instance_without_a_class_does_not_get_that_of_the_one_before() -> None:
    asked = make_commitment("1.2.1", "1.2.2")
    del asked.ReferencedSOPSequence[1].ReferencedSOPClassUID

    with pytest.raises(MissingAttribute):
        read(asked)


@pytest.mark.parametrize(
    ("data_set", "error"),
    [
        (make_commitment(), MissingAttribute),
        (Dataset(), MissingAttribute),
        (make_commitment("x.y"), MalformedUid),
        (make_commitment("1.2", transaction_uid=""), MalformedUid),
        (bytes(LARGEST_DATA_SET_BYTES + 1), DataSetTooLarge),
    ],
)
def test_what_is_no_request_is_said(data_set: Dataset | bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        read(data_set)


def test_the_longest_list_that_fits_is_read_whole() -> None:
    # With UIDs of the usual length, four mebibytes hold some 30 000.
    uids = [f"1.2.826.0.1.3680043.8.498.{10**20 + number}" for number in range(30_000)]
    notice: Notice = make_action(make_commitment(*uids), implicit=True)

    assert len(notice.data_set) < LARGEST_DATA_SET_BYTES
    assert read_commitment(notice).sop_instance_uids == tuple(uids)
