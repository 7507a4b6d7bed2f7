"""The report's page inside a DICOM object (Encapsulated PDF, PS3.3 §A.45.1)."""

from pydicom.dataset import Dataset
from pydicom.uid import EncapsulatedPDFStorage

from app.adapters.documents.attributes import (
    code_item,
    describe_series,
    put,
    put_moment,
    put_shared,
)
from app.adapters.documents.file import write_file
from app.adapters.documents.headings import find_title
from app.reports.domain.document import ReportDocument


def encapsulate(document: ReportDocument, *, pdf: bytes) -> bytes:
    """Make the DICOM file that carries the PDF of one version."""
    dataset = Dataset()
    put_shared(dataset, document)
    put(dataset, "SOPClassUID", EncapsulatedPDFStorage)
    put(dataset, "SOPInstanceUID", document.uids.pdf_sop_instance_uid)
    put(dataset, "Modality", "DOC")
    put(dataset, "SeriesInstanceUID", document.uids.pdf_series_instance_uid)
    put(dataset, "SeriesNumber", str(9100 + document.version))
    put(dataset, "SeriesDescription", describe_series(document, form="PDF"))
    put(dataset, "InstanceNumber", str(document.version))
    put(dataset, "ConversionType", "SYN")
    for prefix in ("Series", "Content", "InstanceCreation"):
        put_moment(dataset, document, prefix=prefix)
    put(dataset, "AcquisitionDateTime", "")
    put(dataset, "BurnedInAnnotation", "YES")
    put(dataset, "VerificationFlag", "VERIFIED")
    put(dataset, "DocumentTitle", find_title(document))
    put(
        dataset,
        "ConceptNameCodeSequence",
        [code_item("18748-4", "LN", "Diagnostic Imaging Report")],
    )
    put(dataset, "MIMETypeOfEncapsulatedDocument", "application/pdf")
    put(dataset, "EncapsulatedDocumentLength", len(pdf))
    # OB has an even length (PS3.5 §6.2); the true length stands beside it.
    put(dataset, "EncapsulatedDocument", pdf + b"\0" * (len(pdf) % 2))
    return write_file(dataset)
