"""Compare the pixels of two images, frame by frame."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.pixels.utils import iter_pixels
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLSNearLossless,
)

Frame = NDArray[np.int64]

_LOSSY = frozenset({JPEGBaseline8Bit, JPEGExtended12Bit, JPEG2000, JPEGLSNearLossless, HTJ2K})
MOST_SAMPLES_OF_A_FRAME = 1 << 26
MOST_SAMPLES = 1 << 29
# A lossy copy is the same image when, of the range of the original's values, the mean error is
# within 1 % and no more than one sample in a thousand is off by over 10 %. JPEG at a quality of 75
# keeps both with room to spare; another slice, or text that was burnt in, does not.
MEAN_ERROR = 0.01
LARGE_ERROR = 0.10
LARGE_ERRORS = 0.001
# How the pixels are to be read: another value here is another image, whatever the pixels are.
_READ_BY = (
    "RescaleSlope",
    "RescaleIntercept",
    "PixelSpacing",
    "ImageOrientationPatient",
    "PatientOrientation",
    "Laterality",
    "ImageLaterality",
)
_NUMBERS_AGREE_WITHIN = 1e-3


class NotComparable(Exception):
    """One of the two has no pixels, too many, or none that can be decoded."""


def are_same_images(one: Path, other: Path, *, heads: tuple[Dataset, Dataset]) -> bool:
    """Tell whether two files show the same image.

    Parameters
    ----------
    heads
        The data sets of both.

    Raises
    ------
    NotComparable
        If one of them has no pixels that can be decoded within bounds.
    """
    if not all(_has_pixels(head) for head in heads):
        raise NotComparable("no pixels")
    first, second = heads
    if _count_frames(first) != _count_frames(second) or not _are_read_alike(first, second):
        return False
    is_lossy = any(_is_lossy(head) for head in heads)
    try:
        frames = zip(_iterate(one), _iterate(other), strict=True)
        return all(_are_same_frames(left, right, is_lossy=is_lossy) for left, right in frames)
    except Exception as error:  # codecs raise whatever they like
        raise NotComparable("cannot be decoded") from error


def _has_pixels(head: Dataset) -> bool:
    if "PixelData" not in head:
        return False
    try:
        size = int(head.Rows) * int(head.Columns) * int(head.get("SamplesPerPixel", 1))
        frames = _count_frames(head)
    except (AttributeError, TypeError, ValueError) as error:
        raise NotComparable("no size") from error
    if not 0 < size <= MOST_SAMPLES_OF_A_FRAME or not 0 < size * frames <= MOST_SAMPLES:
        raise NotComparable("too large")
    return True


def _count_frames(head: Dataset) -> int:
    return int(head.get("NumberOfFrames") or 1)


def _is_lossy(head: Dataset) -> bool:
    syntax = head.file_meta.get("TransferSyntaxUID")
    return syntax in _LOSSY or str(head.get("LossyImageCompression", "")) == "01"


def _iterate(path: Path) -> Iterator[Frame]:
    for frame in iter_pixels(path):
        yield frame.astype(np.int64)


def _are_same_frames(one: Frame, other: Frame, *, is_lossy: bool) -> bool:
    if one.shape != other.shape:
        return False
    errors = np.abs(one - other)
    if not errors.any():
        return True
    if not is_lossy:
        return False
    span = max(int(one.max()) - int(one.min()), int(other.max()) - int(other.min()), 1)
    large = np.count_nonzero(errors > LARGE_ERROR * span)
    return bool(errors.mean() <= MEAN_ERROR * span and large <= LARGE_ERRORS * errors.size)


def _are_read_alike(one: Dataset, other: Dataset) -> bool:
    said = [(one.get(keyword), other.get(keyword)) for keyword in _READ_BY]
    return all(_agree(left, right) for left, right in said if _is_said(left) and _is_said(right))


def _is_said(value: object) -> bool:
    return value is not None and str(value) != ""


def _agree(one: object, other: object) -> bool:
    try:
        left, right = (np.asarray(each, dtype=float) for each in (one, other))
    except (TypeError, ValueError):
        return str(one) == str(other)
    return left.shape == right.shape and bool(
        np.allclose(left, right, rtol=_NUMBERS_AGREE_WITHIN, atol=_NUMBERS_AGREE_WITHIN)
    )
