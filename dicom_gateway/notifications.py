"""The services of notification on pynetdicom: N-CREATE, N-SET and N-ACTION become notices."""

from collections.abc import Callable
from io import SEEK_END, BytesIO
from typing import TYPE_CHECKING, Any, cast

from pydicom import Dataset
from pynetdicom import evt
from pynetdicom.association import Association
from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dimse_messages import C_STORE_RQ
from pynetdicom.pdu_primitives import P_DATA

from dicom_gateway.notices import (
    COMMITMENT_CLASS,
    LARGEST_DATA_SET_BYTES,
    MPPS_CLASS,
    Answer,
    Notice,
    NoticeKind,
)
from dicom_gateway.ports import AdmittedAssociation
from dicom_gateway.statuses import PROCESSING_FAILURE

if TYPE_CHECKING:
    from pynetdicom.dimse_primitives import N_ACTION, N_CREATE, N_SET

NOTIFICATION_CLASSES = frozenset({MPPS_CLASS, COMMITMENT_CLASS})
UNCOMPRESSED = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"})
"""How data sets without pixels are encoded; nobody needs to deflate them."""
_LONGEST_COMMAND_BYTES = 1 << 16

Find = Callable[[Association], AdmittedAssociation | None]


def strip_uid(uid: object) -> str:
    """Return a UID of a command without its padding."""
    return str(uid or "").strip("\0 ")


class NotificationHandlers:
    """Answers the commands of notification of all associations.

    Parameters
    ----------
    find
        Gives the admitted association, or nothing when it is not open.
    """

    def __init__(self, find: Find) -> None:
        self._find = find

    def bind(self) -> list[tuple[evt.InterventionEvent, Callable[[evt.Event], Any]]]:
        """List the handlers as pynetdicom takes them."""
        return [
            (evt.EVT_N_CREATE, self._create),
            (evt.EVT_N_SET, self._set),
            (evt.EVT_N_ACTION, self._act),
        ]

    def _create(self, event: evt.Event) -> tuple[Dataset, Dataset | None]:
        request: N_CREATE = cast("N_CREATE", event.request)
        answer = self._hear(
            event,
            kind=NoticeKind.CREATE,
            sop_class_uid=strip_uid(request.AffectedSOPClassUID),
            sop_instance_uid=strip_uid(request.AffectedSOPInstanceUID),
            data_set=request.AttributeList,
        )
        named = None
        if not request.AffectedSOPInstanceUID and answer.sop_instance_uid:
            # PS3.7 §10.1.5.1.4: who creates it without a name is told the name.
            named = Dataset()
            named.AffectedSOPInstanceUID = answer.sop_instance_uid
        return _make_status(answer), named

    def _set(self, event: evt.Event) -> tuple[Dataset, None]:
        request: N_SET = cast("N_SET", event.request)
        answer = self._hear(
            event,
            kind=NoticeKind.SET,
            sop_class_uid=strip_uid(request.RequestedSOPClassUID),
            sop_instance_uid=strip_uid(request.RequestedSOPInstanceUID),
            data_set=request.ModificationList,
        )
        return _make_status(answer), None

    def _act(self, event: evt.Event) -> tuple[Dataset, None]:
        request: N_ACTION = cast("N_ACTION", event.request)
        answer = self._hear(
            event,
            kind=NoticeKind.ACTION,
            sop_class_uid=strip_uid(request.RequestedSOPClassUID),
            sop_instance_uid=strip_uid(request.RequestedSOPInstanceUID),
            data_set=request.ActionInformation,
            action_type=request.ActionTypeID,
        )
        return _make_status(answer), None

    def _hear(
        self,
        event: evt.Event,
        *,
        kind: NoticeKind,
        sop_class_uid: str,
        sop_instance_uid: str,
        data_set: BytesIO | None,
        action_type: int | None = None,
    ) -> Answer:
        admitted = self._find(event.assoc)
        if admitted is None:
            return Answer(PROCESSING_FAILURE)
        return admitted.hear(
            Notice(
                kind=kind,
                sop_class_uid=sop_class_uid,
                sop_instance_uid=sop_instance_uid,
                transfer_syntax_uid=str(event.context.transfer_syntax),
                data_set=data_set.getbuffer() if data_set else b"",
                action_type=action_type,
            )
        )


def _make_status(answer: Answer) -> Dataset:
    status = Dataset()
    status.Status = answer.status
    if answer.error_id is not None:
        status.ErrorID = answer.error_id
    return status


class _CutOff(BytesIO):
    """Holds the beginning of a data set that is too large, and drops what follows."""

    def __init__(self, whole: BytesIO) -> None:
        super().__init__(bytes(whole.getbuffer()[: LARGEST_DATA_SET_BYTES + 1]))
        self.seek(0, SEEK_END)

    def write(self, data: Any, /) -> int:  # noqa: ANN401 - as its base class
        return len(data)


class BoundedDimse(DIMSEServiceProvider):
    """Puts commands together without keeping memory without end.

    Images have a size of their own; every other command is small.
    """

    def receive_primitive(self, primitive: P_DATA) -> None:
        """Take a part of a command."""
        message = self.message
        if message is not None and message.encoded_command_set.tell() > _LONGEST_COMMAND_BYTES:
            # As pynetdicom does with what is no command: the association ends.
            self.dul.event_queue.put("Evt19")
            return
        if message is not None and not isinstance(message, C_STORE_RQ):
            kept = message.data_set
            if isinstance(kept, BytesIO) and kept.tell() > LARGEST_DATA_SET_BYTES:
                message.data_set = kept if isinstance(kept, _CutOff) else _CutOff(kept)
        super().receive_primitive(primitive)
