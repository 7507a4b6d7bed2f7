"""What a sender says of its studies beside their images: performed procedure steps, commitments.

Only UIDs, counts and states are read; patient data is passed over.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum

from app.intake.domain.commitment import Reference
from app.intake.domain.identifiers import check_uid
from app.kit.errors import Invalid
from dicom_gateway.elements import Element, walk

MPPS_CLASS = "1.2.840.10008.3.1.2.3.3"
COMMITMENT_CLASS = "1.2.840.10008.1.20.1"
COMMITMENT_INSTANCE = "1.2.840.10008.1.20.1.1"
"""The well-known instance that every request of commitment names (PS3.4 §J.3.5)."""
REQUEST_COMMITMENT = 1
LARGEST_DATA_SET_BYTES = 4 << 20

_STUDY_UID, _TRANSACTION_UID = 0x0020000D, 0x00081195
_STATE, _REFERENCED_CLASS, _REFERENCED_UID = 0x00400252, 0x00081150, 0x00081155
_SCHEDULED_STEPS, _SERIES = 0x00400270, 0x00400340
_IMAGES, _OTHERS, _REFERENCED = 0x00081140, 0x00400220, 0x00081199
_WANTED = frozenset({_STUDY_UID, _TRANSACTION_UID, _STATE, _REFERENCED_CLASS, _REFERENCED_UID})
_SEQUENCES = frozenset({_SCHEDULED_STEPS, _SERIES, _IMAGES, _OTHERS, _REFERENCED})
_INSTANCES_OF_STEP = frozenset({(_SERIES, _IMAGES), (_SERIES, _OTHERS)})
_NAMES = {
    _STUDY_UID: "Study Instance UID",
    _TRANSACTION_UID: "Transaction UID",
    _REFERENCED_CLASS: "Referenced SOP Class UID",
    _REFERENCED_UID: "Referenced SOP Instance UID",
}


class NoticeKind(Enum):
    """The command that brought a notice."""

    CREATE = "N-CREATE"
    SET = "N-SET"
    ACTION = "N-ACTION"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What one command of the services of notification carries.

    Parameters
    ----------
    sop_instance_uid
        Of the step, or what the action is asked of; empty when the command names none.
    data_set
        Cut off a little behind `LARGEST_DATA_SET_BYTES` when it is larger.
    action_type
        Of an N-ACTION.
    """

    kind: NoticeKind
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    data_set: bytes | memoryview
    action_type: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a notice is answered.

    Parameters
    ----------
    status
        PS3.7 annex C.
    error_id
        A number that says more of a failure.
    sop_instance_uid
        Of a step that we had to name; else empty.
    """

    status: int
    error_id: int | None = None
    sop_instance_uid: str = ""


class StepState(StrEnum):
    """Performed Procedure Step Status (PS3.3 §C.4.14)."""

    IN_PROGRESS = "IN PROGRESS"
    COMPLETED = "COMPLETED"
    DISCONTINUED = "DISCONTINUED"


class DataSetTooLarge(Invalid):
    """The data set of a notice has more bytes than any step needs."""


class MissingAttribute(Invalid):
    """An attribute that the standard asks for is not there."""


class WrongState(Invalid):
    """The step says that it is in a state that it cannot be in."""


@dataclass(frozen=True, slots=True)
class StepSaid:
    """What a performed procedure step says of itself.

    Parameters
    ----------
    state
        Missing when the command does not speak of it.
    study_instance_uids, sop_instance_uids
        Each once, in the order of the data set.
    """

    state: StepState | None
    study_instance_uids: tuple[str, ...]
    sop_instance_uids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CommitmentAsked:
    """What a request of storage commitment lists.

    Parameters
    ----------
    references
        Each SOP Instance UID once, with the class that was named first; in the order of the list.
    """

    transaction_uid: str
    references: tuple[Reference, ...]

    @property
    def sop_instance_uids(self) -> tuple[str, ...]:
        """The instances without their classes."""
        return tuple(each.sop_instance_uid for each in self.references)


def read_step(notice: Notice) -> StepSaid:
    """Read the data set of an N-CREATE or N-SET of a performed procedure step.

    Raises
    ------
    Invalid
        If it is too large, malformed, or says what cannot be.

    References
    ----------
    PS3.4 table F.7.2-1.
    """
    found = list(_read(notice))
    states = [each.value for each in found if not each.path and each.tag == _STATE]
    return StepSaid(
        state=_read_state(states[-1]) if states else None,
        study_instance_uids=_read_uids(
            each for each in found if each.path == (_SCHEDULED_STEPS,) and each.tag == _STUDY_UID
        ),
        sop_instance_uids=_read_uids(
            each
            for each in found
            if each.path in _INSTANCES_OF_STEP and each.tag == _REFERENCED_UID
        ),
    )


def read_commitment(notice: Notice) -> CommitmentAsked:
    """Read the data set of an N-ACTION that asks for storage commitment.

    Raises
    ------
    Invalid
        If it is too large, malformed, names no transaction or no instance, or an instance without
        its class.

    References
    ----------
    PS3.4 table J.3-1.
    """
    found = list(_read(notice))
    transactions = _read_uids(
        each for each in found if not each.path and each.tag == _TRANSACTION_UID
    )
    references = _read_references(
        each
        for each in found
        if each.path == (_REFERENCED,) and each.tag in {_REFERENCED_CLASS, _REFERENCED_UID}
    )
    if not transactions or not references:
        raise MissingAttribute("a request of commitment names a transaction and instances")
    return CommitmentAsked(transactions[0], references)


def _read_references(elements: Iterable[Element]) -> tuple[Reference, ...]:
    # Elements stand in the order of their tags: the class comes before its instance.
    classes: dict[str, str] = {}
    sop_class_uid = ""
    for each in elements:
        uid = check_uid(_read_text(each), name=_NAMES[each.tag])
        if each.tag == _REFERENCED_CLASS:
            sop_class_uid = uid
        elif not sop_class_uid:
            raise MissingAttribute("a request of commitment names the class of each instance")
        else:
            classes.setdefault(uid, sop_class_uid)
            sop_class_uid = ""
    return tuple(Reference(uid, of_class) for uid, of_class in classes.items())


def _read(notice: Notice) -> Iterable[Element]:
    if len(notice.data_set) > LARGEST_DATA_SET_BYTES:
        raise DataSetTooLarge(f"the data set has more than {LARGEST_DATA_SET_BYTES} bytes")
    return walk(
        notice.data_set,
        transfer_syntax_uid=notice.transfer_syntax_uid,
        wanted=_WANTED,
        sequences=_SEQUENCES,
    )


def _read_state(raw: bytes) -> StepState:
    try:
        return StepState(raw.decode("ascii").strip("\0 "))
    except ValueError as error:
        raise WrongState("the step is in a state that the standard does not know") from error


def _read_uids(elements: Iterable[Element]) -> tuple[str, ...]:
    uids = {_read_text(each): _NAMES[each.tag] for each in elements}
    return tuple(check_uid(uid, name=name) for uid, name in uids.items())


def _read_text(element: Element) -> str:
    return element.value.decode("ascii", errors="replace").strip("\0 ")
