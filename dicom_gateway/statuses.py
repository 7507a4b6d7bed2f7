"""The one table from errors and refusals to DICOM's codes."""

from collections.abc import Mapping
from typing import NamedTuple

from app.intake.domain.identifiers import MalformedUid
from app.kit.errors import AppError
from app.store.files import NoRoom, NotWritten
from dicom_gateway.admission import RefusalReason
from dicom_gateway.arrival import UidMismatch
from dicom_gateway.notices import DataSetTooLarge, MissingAttribute, WrongState

SUCCESS = 0x0000
INVALID_VALUE = 0x0106
PROCESSING_FAILURE = 0x0110
DUPLICATE_INSTANCE = 0x0111
NO_SUCH_INSTANCE = 0x0112
NO_SUCH_CLASS = 0x0118
MISSING_ATTRIBUTE = 0x0120
NO_SUCH_ACTION = 0x0123
NOT_AUTHORIZED = 0x0124
UNRECOGNIZED_OPERATION = 0x0211
RESOURCE_LIMITATION = 0x0213
NO_LONGER_UPDATED = 0xA506
"""An error id (PS3.4 table F.7.2-2), beside a processing failure."""
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

# PS3.7 annex C; what has no line here is a processing failure.
_OF_NOTICES: dict[type[AppError], int] = {
    NoRoom: RESOURCE_LIMITATION,
    DataSetTooLarge: RESOURCE_LIMITATION,
    MissingAttribute: MISSING_ATTRIBUTE,
    WrongState: INVALID_VALUE,
    MalformedUid: INVALID_VALUE,
}


class Rejection(NamedTuple):
    """The three codes of an A-ASSOCIATE-RJ (PS3.8 §9.3.4)."""

    result: int
    source: int
    diagnostic: int


# PS3.8 table 9-21: result 1 is permanent, 2 transient; source 1 is the user, 2 the provider (ACSE),
# 3 the provider (presentation).
_REJECTIONS = {
    RefusalReason.CALLED_TITLE: Rejection(1, 1, 7),
    RefusalReason.CALLING_TITLE: Rejection(1, 1, 3),
    RefusalReason.ADDRESS: Rejection(1, 1, 3),
    RefusalReason.AMBIGUOUS: Rejection(1, 1, 3),
    RefusalReason.CERTIFICATE_OF_ANOTHER: Rejection(1, 1, 3),
    # The standard has no reason for certificates: none given.
    RefusalReason.CERTIFICATE_UNKNOWN: Rejection(1, 1, 1),
    RefusalReason.CERTIFICATE_EXPIRED: Rejection(1, 1, 1),
    RefusalReason.CERTIFICATE_NOT_YET_VALID: Rejection(2, 1, 1),
    # Never sent: without a handshake there is nobody to send it to.
    RefusalReason.TLS_UNTRUSTED: Rejection(1, 1, 1),
    RefusalReason.TLS_NO_CERTIFICATE: Rejection(1, 1, 1),
    RefusalReason.TLS_WE_UNTRUSTED: Rejection(1, 1, 1),
    RefusalReason.TLS_NOTHING_SHARED: Rejection(1, 1, 1),
    RefusalReason.TLS_NOT_SPOKEN: Rejection(1, 1, 1),
    # Never sent either: what cannot be read is aborted.
    RefusalReason.MALFORMED_REQUEST: Rejection(1, 1, 1),
    # The peer is right to come again: temporary congestion is the nearest that there is.
    RefusalReason.NO_DIRECTORY: Rejection(2, 3, 1),
    RefusalReason.PROTOCOL_VERSION: Rejection(1, 2, 2),
    RefusalReason.APPLICATION_CONTEXT: Rejection(1, 1, 2),
    RefusalReason.NO_ROOM: Rejection(2, 3, 1),
    RefusalReason.TOO_MANY: Rejection(2, 3, 2),
    RefusalReason.TOO_MANY_OF_SENDER: Rejection(2, 3, 2),
    RefusalReason.FAULT: Rejection(2, 3, 1),
}


def status_of(error: AppError) -> int:
    """Return the status that answers a C-STORE that failed with this error."""
    return _find_status(error, _STATUSES)


def status_of_notice(error: AppError) -> int:
    """Return the status that answers an N-CREATE, N-SET or N-ACTION that failed with this error."""
    return _find_status(error, _OF_NOTICES)


def _find_status(error: AppError, statuses: Mapping[type[AppError], int]) -> int:
    kinds = (statuses[kind] for kind in type(error).__mro__ if kind in statuses)
    return next(kinds, PROCESSING_FAILURE)


def rejection_of(reason: RefusalReason) -> Rejection:
    """Return the codes that answer an association request refused for this reason."""
    return _REJECTIONS[reason]
