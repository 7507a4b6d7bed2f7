"""Performed procedure steps and requests of commitment, as modalities send them."""

from collections.abc import Sequence

from pydicom import Dataset
from pydicom.config import disable_value_validation

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
DOSE_REPORT = "1.2.840.10008.5.1.4.1.1.88.67"


def make_step_begin(*study_instance_uids: str, state: str | None = "IN PROGRESS") -> Dataset:
    """Make the attributes of an N-CREATE; patient data is in them, as the standard asks."""
    step = Dataset()
    step.PatientName = "ESSAI^CLAIRE"
    step.PatientID = "PID-1"
    if state is not None:
        step.PerformedProcedureStepStatus = state
    step.PerformedProcedureStepID = "1"
    step.PerformedStationAETitle = "CT1"
    step.Modality = "CT"
    step.PerformedSeriesSequence = []
    step.ScheduledStepAttributesSequence = [make_scheduled(uid) for uid in study_instance_uids]
    return step


def make_scheduled(study_instance_uid: str) -> Dataset:
    """Make the item that says which study a step is of."""
    item = Dataset()
    with disable_value_validation():
        item.StudyInstanceUID = study_instance_uid
    item.ReferencedStudySequence = []
    item.AccessionNumber = "A1"
    return item


def make_step_end(
    *series: Sequence[str], others: Sequence[str] = (), state: str = "COMPLETED"
) -> Dataset:
    """Make the modifications of an N-SET: images by series, and what is no image."""
    step = Dataset()
    step.PerformedProcedureStepStatus = state
    step.PerformedSeriesSequence = []
    for number, uids in enumerate(series, 1):
        item = Dataset()
        item.SeriesInstanceUID = f"1.2.3.{number}"
        item.SeriesDescription = "THORAX"
        item.ReferencedImageSequence = [make_reference(CT_IMAGE, uid) for uid in uids]
        item.ReferencedNonImageCompositeSOPInstanceSequence = [
            make_reference(DOSE_REPORT, uid) for uid in (others if number == 1 else ())
        ]
        step.PerformedSeriesSequence.append(item)
    return step


def make_reference(sop_class_uid: str, sop_instance_uid: str) -> Dataset:
    """Make a reference to an instance."""
    item = Dataset()
    item.ReferencedSOPClassUID = sop_class_uid
    with disable_value_validation():
        item.ReferencedSOPInstanceUID = sop_instance_uid
    return item


def make_commitment(*sop_instance_uids: str, transaction_uid: str = "1.2.3.9") -> Dataset:
    """Make the action information of a request of storage commitment."""
    asked = Dataset()
    asked.TransactionUID = transaction_uid
    asked.ReferencedSOPSequence = [make_reference(CT_IMAGE, uid) for uid in sop_instance_uids]
    return asked
