"""The pages as pictures (Secondary Capture Image, PS3.3 §A.8.1), for who takes images alone."""

from collections.abc import Sequence
from io import BytesIO

from PIL import Image
from pydicom.dataset import Dataset
from pydicom.uid import SecondaryCaptureImageStorage

from app.adapters.documents.attributes import describe_series, put, put_moment, put_shared
from app.adapters.documents.file import write_file
from app.adapters.documents.headings import find_title
from app.reports.domain.document import ReportDocument
from app.reports.domain.rendered import derive_page_uid


def build_pictures(document: ReportDocument, *, pages: Sequence[bytes]) -> tuple[bytes, ...]:
    """Make a DICOM file of each page, a PNG; one series, numbered from 1."""
    return tuple(
        _build(document, picture=picture, page=page) for page, picture in enumerate(pages, start=1)
    )


def _build(document: ReportDocument, *, picture: bytes, page: int) -> bytes:
    dataset = Dataset()
    put_shared(dataset, document)
    put(dataset, "SOPClassUID", SecondaryCaptureImageStorage)
    first_uid = document.uids.pages_sop_instance_uid
    put(dataset, "SOPInstanceUID", derive_page_uid(first_uid, page=page))
    put(dataset, "Modality", "OT")
    put(dataset, "SeriesInstanceUID", document.uids.pages_series_instance_uid)
    put(dataset, "SeriesNumber", str(9200 + document.version))
    put(dataset, "SeriesDescription", describe_series(document, form="pages"))
    put(dataset, "Laterality", "")
    put(dataset, "InstanceNumber", str(page))
    put(dataset, "ImageComments", find_title(document))
    put(dataset, "ConversionType", "WSD")
    put(dataset, "ImageType", ["DERIVED", "SECONDARY"])
    put(dataset, "PatientOrientation", "")
    put(dataset, "BurnedInAnnotation", "YES")
    put(dataset, "LossyImageCompression", "00")
    for prefix in ("Series", "Content", "InstanceCreation"):
        put_moment(dataset, document, prefix=prefix)
    put(dataset, "DateOfSecondaryCapture", dataset.ContentDate)
    put(dataset, "TimeOfSecondaryCapture", dataset.ContentTime)
    _put_pixels(dataset, picture)
    return write_file(dataset)


def _put_pixels(dataset: Dataset, picture: bytes) -> None:
    """Put in the pixels, uncompressed, colour by pixel: what any node stores and shows."""
    with Image.open(BytesIO(picture)) as opened:
        page = opened.convert("RGB")
    put(dataset, "SamplesPerPixel", 3)
    put(dataset, "PhotometricInterpretation", "RGB")
    put(dataset, "PlanarConfiguration", 0)
    put(dataset, "Rows", page.height)
    put(dataset, "Columns", page.width)
    put(dataset, "BitsAllocated", 8)
    put(dataset, "BitsStored", 8)
    put(dataset, "HighBit", 7)
    put(dataset, "PixelRepresentation", 0)
    pixels = page.tobytes()
    put(dataset, "PixelData", pixels + b"\0" * (len(pixels) % 2))
