"""The one table from errors and refusals to DICOM's codes."""

from typing import NamedTuple

from app.intake.domain.identifiers import MalformedUid
from app.kit.errors import AppError
from app.store.files import NoRoom, NotWritten
from dicom_gateway.admission import RefusalReason
from dicom_gateway.arrival import UidMismatch

SUCCESS = 0x0000
PROCESSING_FAILURE = 0x0110
NOT_AUTHORIZED = 0x0124
OUT_OF_RESOURCES = 0xA700
MISMATCH = 0xA900
CANNOT_UNDERSTAND = 0xC000

# PS3.4 §B.2.3 (storage), PS3.7 annex C (any service).
_STATUSES: dict[type[AppError], int] = {
    NoRoom: OUT_OF_RESOURCES,
    NotWritten: PROCESSING_FAILURE,
    UidMismatch: MISMATCH,
    MalformedUid: CANNOT_UNDERSTAND,
}


class Rejection(NamedTuple):
    """The three codes of an A-ASSOCIATE-RJ (PS3.8 §9.3.4)."""

    result: int
    source: int
    diagnostic: int


# PS3.8 table 9-21: result 1 is permanent, 2 transient; source 1 is the user, 3 the presentation.
_REJECTIONS = {
    RefusalReason.CALLED_TITLE: Rejection(1, 1, 7),
    RefusalReason.CALLING_TITLE: Rejection(1, 1, 3),
    RefusalReason.ADDRESS: Rejection(1, 1, 3),
    RefusalReason.AMBIGUOUS: Rejection(1, 1, 3),
    # The peer is right to come again: temporary congestion is the nearest that there is.
    RefusalReason.NO_DIRECTORY: Rejection(2, 3, 1),
    RefusalReason.FAULT: Rejection(2, 3, 1),
}


def status_of(error: AppError) -> int:
    """Return the status that answers a C-STORE that failed with this error."""
    kinds = (_STATUSES[kind] for kind in type(error).__mro__ if kind in _STATUSES)
    return next(kinds, PROCESSING_FAILURE)


def rejection_of(reason: RefusalReason) -> Rejection:
    """Return the codes that answer an association request refused for this reason."""
    return _REJECTIONS[reason]
