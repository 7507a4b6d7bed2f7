"""A generated head CT of as many slices as one likes, with a haematoma to report.

Nested ellipses, as in the phantom of Shepp and Logan (IEEE Trans. Nucl. Sci. 21, 1974), in
Hounsfield units, with the grain of a real scanner. A row is cut and joined from prepared rows of
each tissue, so that a slice of 512 x 512 takes milliseconds without any numerical package.
"""

import random
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

from pydicom import Dataset, FileDataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

from app.demo.images.identity import StudyIdentity
from app.kit.ids import draw_uid

SIDE = 512
KIND = (CTImageStorage, ExplicitVRLittleEndian)
_INTERCEPT = -1024
_PIXEL_MM = 0.46
_HEAD_MM = 180.0
_PREPARED_ROWS = 16
_SEED = 20261122


@dataclass(frozen=True, slots=True)
class _Ellipsoid:
    """Lengths in units of half the picture, x to the patient's left, y to the back, z upwards."""

    tissue: str
    x: float
    y: float
    z: float
    half_x: float
    half_y: float
    half_z: float


_TISSUES = {  # mean and grain, Hounsfield units
    "air": (-1000, 3),
    "skin": (45, 6),
    "bone": (1050, 40),
    "brain": (34, 4),
    "white": (27, 4),
    "fluid": (6, 4),
    "blood": (68, 4),
}

# Painted in this order: each covers the ones before it.
_HEAD = (
    _Ellipsoid("skin", 0, 0, 0, 0.72, 0.90, 1.06),
    _Ellipsoid("bone", 0, 0, 0, 0.68, 0.86, 1.00),
    _Ellipsoid("fluid", 0, 0, 0, 0.62, 0.80, 0.94),
    _Ellipsoid("brain", 0, 0, 0, 0.605, 0.785, 0.92),
    _Ellipsoid("white", -0.28, 0, 0.1, 0.20, 0.52, 0.55),
    _Ellipsoid("white", 0.28, 0, 0.1, 0.20, 0.52, 0.55),
    _Ellipsoid("fluid", -0.11, -0.10, 0.05, 0.055, 0.24, 0.26),
    _Ellipsoid("fluid", 0.09, -0.10, 0.05, 0.045, 0.22, 0.24),
    _Ellipsoid("blood", -0.54, 0.12, 0.25, 0.13, 0.34, 0.36),
)
_SKULL_INSIDE = _HEAD[2]
_BLOOD = _HEAD[-1]


def iterate_head_ct(
    identity: StudyIdentity, *, slices: int, series: str = "ENCEPHALE", is_derived: bool = False
) -> Iterator[Dataset]:
    """Build the slices of one head, from the base upwards, as one series.

    Parameters
    ----------
    series
        What the series is called.
    is_derived
        Computed on a workstation, not seen by a scanner (PS3.3 §C.8.2.1.1.1).
    """
    grain = random.Random(_SEED)  # noqa: S311 - a picture, not a secret
    painter = _Painter(grain)
    series_instance_uid, frame_of_reference_uid = draw_uid(), draw_uid()
    gap_mm = _HEAD_MM / slices
    for number in range(1, slices + 1):
        z = -1 + 2 * (number - 0.5) / slices
        image = _make_slice(painter.paint(z))
        image.SeriesDescription = series
        if is_derived:
            image.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
        image.FrameOfReferenceUID = UID(frame_of_reference_uid)
        image.ImagePositionPatient = [-SIDE * _PIXEL_MM / 2] * 2 + [round(number * gap_mm, 3)]
        image.SliceLocation = round(number * gap_mm, 3)
        image.SliceThickness = round(gap_mm, 3)
        identity.stamp(image, series_instance_uid=series_instance_uid, number=number)
        yield image


class _Painter:
    """Paints slices as 16-bit pixels, least significant byte first."""

    def __init__(self, grain: random.Random) -> None:
        self._grain = grain
        self._rows = {
            tissue: [self._prepare(mean, spread) for _ in range(_PREPARED_ROWS)]
            for tissue, (mean, spread) in _TISSUES.items()
        }

    def _prepare(self, mean: int, spread: int) -> bytes:
        values = (int(self._grain.gauss(mean, spread)) - _INTERCEPT for _ in range(SIDE))
        return array("H", (max(0, value) for value in values)).tobytes()

    def paint(self, z: float) -> bytes:
        """Paint the slice at a height between -1 and 1."""
        return b"".join(self._paint_row(2 * (row + 0.5) / SIDE - 1, z) for row in range(SIDE))

    def _paint_row(self, y: float, z: float) -> bytes:
        row = bytearray(self._pick("air"))
        inside = _cut(_SKULL_INSIDE, y, z)
        for part in _HEAD:
            span = _cut(part, y, z)
            if span and part is _BLOOD:
                # An extradural haematoma lies against the skull, never in it.
                span = inside and (max(span[0], inside[0]), min(span[1], inside[1]))
            if span and span[0] < span[1]:
                start, end = 2 * span[0], 2 * span[1]
                row[start:end] = self._pick(part.tissue)[start:end]
        return bytes(row)

    def _pick(self, tissue: str) -> bytes:
        return self._grain.choice(self._rows[tissue])


def _cut(part: _Ellipsoid, y: float, z: float) -> tuple[int, int] | None:
    """Return the columns, first and one past the last, in which a row runs through a part."""
    left = 1 - ((y - part.y) / part.half_y) ** 2 - ((z - part.z) / part.half_z) ** 2
    if left <= 0:
        return None
    half = part.half_x * sqrt(left)
    first, last = (part.x - half + 1) / 2 * SIDE, (part.x + half + 1) / 2 * SIDE
    return max(0, round(first)), min(SIDE, round(last))


def _make_slice(pixels: bytes) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = KIND
    image = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    image.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    image.SOPClassUID = CTImageStorage
    image.Modality = "CT"
    image.Manufacturer = "Astreinte"
    image.BodyPartExamined = "HEAD"
    image.PatientPosition = "HFS"
    image.PositionReferenceIndicator = ""
    image.SeriesNumber = 2
    image.AcquisitionNumber = 1
    image.KVP = 120
    image.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    image.SamplesPerPixel = 1
    image.PhotometricInterpretation = "MONOCHROME2"
    image.Rows = image.Columns = SIDE
    image.PixelSpacing = [_PIXEL_MM, _PIXEL_MM]
    image.BitsAllocated = 16
    image.BitsStored = 12
    image.HighBit = 11
    image.PixelRepresentation = 0
    image.WindowCenter, image.WindowWidth = 40, 90
    image.RescaleIntercept, image.RescaleSlope = _INTERCEPT, 1
    image.RescaleType = "HU"
    image.PixelData = pixels
    return image
