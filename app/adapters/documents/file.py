"""A dataset as the bytes of a DICOM file."""

from io import BytesIO

from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ImplicitVRLittleEndian

# Of our own: names this writer in the file meta header (PS3.7 §D.3.3.2).
IMPLEMENTATION_CLASS_UID = "2.25.302933151240811187213306434164461301121"
IMPLEMENTATION_VERSION_NAME = "ASTREINTE_1"


def write_file(dataset: Dataset) -> bytes:
    """Write preamble, meta header and dataset, in the one syntax that every receiver must accept.

    References
    ----------
    PS3.5 §10.1: Implicit VR Little Endian is the default transfer syntax.
    """
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ImplicitVRLittleEndian
    meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION_NAME
    dataset.file_meta = meta
    buffer = BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()
