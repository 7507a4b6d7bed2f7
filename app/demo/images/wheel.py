"""Real images: the files that pydicom's own wheel carries, whatever their encoding.

Nothing is downloaded. Each study takes the files whose headers say the modality and the transfer
syntax that it wants, so that a later pydicom with other files is noticed at once.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydicom import FileDataset, dcmread
from pydicom.data import get_testdata_file

from app.kit.errors import Unavailable


@dataclass(frozen=True, slots=True)
class WheelFile:
    """A file by its name, and what its header must say."""

    name: str
    modality: str
    transfer_syntax: str
    """As pydicom names it (PS3.6 annex A), without what stands in brackets."""


CT_UNCOMPRESSED = WheelFile("CT_small.dcm", "CT", "Explicit VR Little Endian")
CT_JPEG_2000 = WheelFile("693_J2KI.dcm", "CT", "JPEG 2000 Image Compression")
CT_JPEG_2000_LOSSLESS = WheelFile("J2K_pixelrep_mismatch.dcm", "CT", "JPEG 2000 Image Compression")
MR_UNCOMPRESSED = WheelFile("examples_overlay.dcm", "MR", "Explicit VR Little Endian")
MR_IMPLICIT = WheelFile("MR_small_implicit.dcm", "MR", "Implicit VR Little Endian")
MR_BIG_ENDIAN = WheelFile("MR_small_bigendian.dcm", "MR", "Explicit VR Big Endian")
MR_RLE = WheelFile("MR_small_RLE.dcm", "MR", "RLE Lossless")
MR_JPEG_LS = WheelFile("MR_small_jpeg_ls_lossless.dcm", "MR", "JPEG-LS Lossless Image Compression")
MR_JPEG_2000 = WheelFile("MR_small_jp2klossless.dcm", "MR", "JPEG 2000 Image Compression")
US_UNCOMPRESSED = WheelFile("examples_rgb_color.dcm", "US", "Explicit VR Little Endian")
US_PALETTE = WheelFile("examples_palette.dcm", "US", "Explicit VR Little Endian")
US_JPEG_2000 = WheelFile("examples_jpeg2k.dcm", "US", "JPEG 2000 Image Compression")
US_MULTI_FRAME = WheelFile("examples_ybr_color.dcm", "US", "JPEG Baseline")
NM_JPEG = WheelFile("JPGExtended.dcm", "NM", "JPEG Extended")
NM_JPEG_2000 = WheelFile("JPEG2000.dcm", "NM", "JPEG 2000 Image Compression")
SC_RLE_MULTI_FRAME = WheelFile("SC_rgb_rle_2frame.dcm", "OT", "RLE Lossless")
SC_JPEG_LOSSLESS = WheelFile("SC_rgb_jpeg_gdcm.dcm", "OT", "JPEG Lossless, Non-Hierarchical")
SC_JPEG = WheelFile("SC_rgb_jpeg_dcmtk.dcm", "OT", "JPEG Baseline")


def read_wheel_file(file: WheelFile) -> FileDataset:
    """Read one, with its pixels as they are.

    Raises
    ------
    Unavailable
        If this pydicom has no such file, or another one under this name.
    """
    found = get_testdata_file(file.name, download=False)
    if not isinstance(found, str):
        msg = f"the installed pydicom has no file {file.name}: install the version of the lock file"
        raise Unavailable(msg)
    with tolerance():
        image = dcmread(Path(found))
        says = (image.get("Modality"), image.file_meta.TransferSyntaxUID.name)
    if says[0] != file.modality or not says[1].startswith(file.transfer_syntax):
        msg = f"{file.name} of this pydicom is {says}: install the version of the lock file"
        raise Unavailable(msg)
    return image


@contextmanager
def tolerance() -> Iterator[None]:
    """Read and write real files without a word about the rules that they break."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"pydicom\..*")
        yield
