"""The codes that peers hear: those of the conformance statement, each by its error or reason."""

import pytest

from app.intake.domain.identifiers import MalformedUid
from app.kit.errors import AppError, Invalid
from app.store.files import NoRoom, NotWritten
from dicom_gateway.admission import RefusalReason
from dicom_gateway.arrival import UidMismatch
from dicom_gateway.notices import DataSetTooLarge, MissingAttribute, WrongState
from dicom_gateway.statuses import rejection_of, status_of, status_of_notice


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NoRoom("full"), 0xA700),
        (NotWritten("refused"), 0x0110),
        (UidMismatch("another"), 0xA900),
        (MalformedUid("none"), 0xC000),
        (Invalid("anything else"), 0x0110),
    ],
)
def test_an_image_that_fails_has_the_status_of_its_fault(error: AppError, status: int) -> None:
    assert status_of(error) == status


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NoRoom("full"), 0x0213),
        (DataSetTooLarge("long"), 0x0213),
        (MissingAttribute("missing"), 0x0120),
        (WrongState("over"), 0x0106),
        (MalformedUid("none"), 0x0106),
        (NotWritten("refused"), 0x0110),
    ],
)
def test_a_notice_that_fails_has_the_status_of_its_fault(error: AppError, status: int) -> None:
    assert status_of_notice(error) == status


TRANSIENT = {
    RefusalReason.CERTIFICATE_NOT_YET_VALID,
    RefusalReason.NO_DIRECTORY,
    RefusalReason.NO_ROOM,
    RefusalReason.TOO_MANY,
    RefusalReason.TOO_MANY_OF_SENDER,
    RefusalReason.FAULT,
}


@pytest.mark.parametrize("reason", RefusalReason)
def test_who_may_come_again_is_told_so(reason: RefusalReason) -> None:
    # PS3.8 table 9-21: 1 is permanent, 2 transient.
    assert rejection_of(reason).result == (2 if reason in TRANSIENT else 1)
