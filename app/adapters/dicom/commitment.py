"""Tells a node by N-EVENT-REPORT what we keep of its images (PS3.4 §J.3.3)."""

import asyncio
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from pydicom import Dataset
from pydicom.uid import UID
from pynetdicom import build_role
from pynetdicom.association import Association

from app.adapters.dicom.association import (
    NoAssociationError,
    Patience,
    open_association,
    propose,
)
from app.adapters.dicom.tls import ClientContexts
from app.delivery.domain.ports import Destination
from app.intake.domain.commitment import CommitmentReport, Reference
from app.intake.domain.ports import Asker, Reported

_PUSH_MODEL = "1.2.840.10008.1.20.1"
_PUSH_MODEL_INSTANCE = "1.2.840.10008.1.20.1.1"
_EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
_IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2"
_ALL_COMMITTED, _FAILURES_EXIST = 1, 2
_SUCCESS = 0x0000
_BYTES_A_REFERENCE = 128


@dataclass(frozen=True, slots=True)
class PynetdicomReporter:
    """Reports on associations of pynetdicom, in a thread for each call.

    Attributes
    ----------
    ae_title
        How we call ourselves.
    tls
        For nodes that are called over TLS; without it they cannot be called.
    """

    ae_title: str
    patience: Patience = field(
        default_factory=lambda: Patience(connect_s=10.0, acse_s=15.0, dimse_s=30.0, network_s=30.0)
    )
    tls: ClientContexts | None = None

    async def report(self, report: CommitmentReport, *, to: Asker) -> Reported:
        """Tell one node."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Reported] = loop.create_future()

        def tell(reported: Reported) -> None:
            if not answer.done():
                answer.set_result(reported)

        def work() -> None:
            reported = self._report(report, to=to)
            # The loop may be closed when nobody waits any more.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(tell, reported)

        # Not in the loop's pool, which a few silent peers would fill.
        threading.Thread(target=work, name="dicom-report", daemon=True).start()
        return await answer

    def _report(self, report: CommitmentReport, *, to: Asker) -> Reported:
        contexts = [
            propose(_PUSH_MODEL, transfer_syntax=each)
            for each in (_EXPLICIT_LITTLE_ENDIAN, _IMPLICIT_LITTLE_ENDIAN)
        ]
        try:
            with open_association(
                Destination(to.ae_title, to.host, to.port, tls=to.tls),
                calling_ae_title=self.ae_title,
                contexts=contexts,
                patience=self.patience,
                tls=self.tls,
                # PS3.7 §D.3.3.4: who opens an association is an SCU, unless it says otherwise.
                roles=[build_role(UID(_PUSH_MODEL), scp_role=True)],
            ) as association:
                association.dimse_timeout = self.patience.for_object(
                    len(report.judged) * _BYTES_A_REFERENCE
                )
                return _send(association, report, to=to)
        except NoAssociationError as error:
            return Reported(is_taken=False, detail=error.detail)
        except Exception as error:  # noqa: BLE001 - an edge: whatever a node does costs its report
            detail = f"{to.ae_title}: the report failed ({type(error).__name__})"
            return Reported(is_taken=False, detail=detail)


def _send(association: Association, report: CommitmentReport, *, to: Asker) -> Reported:
    _be_provider(association)
    event = _FAILURES_EXIST if report.failed else _ALL_COMMITTED
    status, _ = association.send_n_event_report(
        write_event(report), event, UID(_PUSH_MODEL), UID(_PUSH_MODEL_INSTANCE)
    )
    code = status.get("Status")
    if code == _SUCCESS:
        return Reported(is_taken=True)
    shown = "nothing in time" if code is None else f"status 0x{code:04X}"
    return Reported(is_taken=False, detail=f"{to.ae_title} answered the report with {shown}")


def _be_provider(association: Association) -> None:
    """Report also where the node says nothing of our role.

    By the letter (PS3.7 §D.3.3.4) we would then be the user. Modalities that know nothing of roles
    wait for their report all the same, and those that do not, refuse it.
    """
    for context in association.accepted_contexts:
        context._as_scp = True  # noqa: SLF001 - pynetdicom 3.0.4 sends nothing else


def write_event(report: CommitmentReport) -> Dataset:
    """Write the event information of a report.

    References
    ----------
    PS3.4 table J.3-2, PS3.3 §C.14.
    """
    event = Dataset()
    event.TransactionUID = report.transaction_uid
    if report.committed:
        event.ReferencedSOPSequence = list(_write_references(report.committed))
    if report.failed:
        event.FailedSOPSequence = list(_write_references(each for each, _ in report.failed))
        for item, (_, reason) in zip(event.FailedSOPSequence, report.failed, strict=True):
            item.FailureReason = int(reason)
    return event


def _write_references(references: Iterable[Reference]) -> Iterable[Dataset]:
    for each in references:
        item = Dataset()
        item.ReferencedSOPClassUID = each.sop_class_uid
        item.ReferencedSOPInstanceUID = each.sop_instance_uid
        yield item
