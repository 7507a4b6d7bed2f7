"""A modality: opens an association with the gateway and pushes a study."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydicom import Dataset
from pynetdicom import AE

from app.adapters.dicom.association import return_answers
from app.kit.errors import Unavailable
from app.settings import Bind

_SUCCESS = 0x0000
_PATIENCE_S = 120
"""A gateway on a busy machine answers late; one that is gone closes the connection."""


class AssociationRefused(Unavailable):
    """No image was sent: the gateway took no association."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """Who sends to whom."""

    calling_ae_title: str
    called_ae_title: str
    gateway: Bind


def push(images: Iterable[Dataset], *, kinds: Iterable[tuple[str, str]], to: Push) -> Iterator[str]:
    """Send images over one association; yields each SOP Instance UID once it was acknowledged.

    Parameters
    ----------
    images
        Each with its file meta information; the data set is sent in the transfer syntax it is in.
    kinds
        SOP class and transfer syntax of what will come, each pair once: what is proposed.
    to
        Titles and address.

    Raises
    ------
    AssociationRefused
        If the association is refused.
    Unavailable
        If an image is not taken.
    """
    entity = AE(ae_title=to.calling_ae_title)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = _PATIENCE_S
    for sop_class_uid, transfer_syntax_uid in kinds:
        entity.add_requested_context(sop_class_uid, transfer_syntax_uid)
    association = entity.associate(to.gateway.host, to.gateway.port, ae_title=to.called_ae_title)
    if not association.is_established:
        title = f"{to.called_ae_title} at {to.gateway}"
        msg = f"{title} refused the association of {to.calling_ae_title}: is the sender registered?"
        raise AssociationRefused(msg)
    return_answers(association)
    try:
        for image in images:
            answer = association.send_c_store(image)
            if answer.get("Status") != _SUCCESS:
                status = answer.get("Status")
                what = "no answer" if status is None else f"status 0x{status:04X}"
                msg = f"{to.called_ae_title} at {to.gateway} did not take an image: {what}"
                raise Unavailable(msg)
            yield str(image.SOPInstanceUID)
    finally:
        association.release()
