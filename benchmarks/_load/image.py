"""The image of the recording: a generated CT slice."""

from pydicom import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from app.demo.images.exams import MAIN
from app.demo.images.phantom import iterate_head_ct
from app.kit.clock import read_host_clock
from benchmarks._load.recording import Image, Uids, draw_long_uid


def make_image(side: int) -> Image:
    """Make a slice of so many rows and columns."""
    identity = MAIN.draw_identity(acquired_at=read_host_clock())
    slice_ = next(iter(iterate_head_ct(identity, slices=1)))
    shrink(slice_, side=side)
    return encode_image(slice_)


def shrink(image: Dataset, *, side: int) -> None:
    """Leave so many rows and columns of an image, so that it weighs less; nobody looks at it."""
    image.Rows = image.Columns = side
    image.PixelData = image.PixelData[: 2 * side * side]


def encode_image(data_set: Dataset) -> Image:
    """Encode a data set, whose UIDs are replaced."""
    marks = Uids(draw_long_uid(), draw_long_uid(), draw_long_uid())
    data_set.StudyInstanceUID, data_set.SeriesInstanceUID, data_set.SOPInstanceUID = marks
    encoded = DicomBytesIO()
    encoded.is_little_endian, encoded.is_implicit_VR = True, False
    write_dataset(encoded, data_set)
    content = encoded.getvalue()
    return Image(content, tuple(content.index(mark.encode()) for mark in marks))
