"""Encoded data sets: what travels in a C-STORE, without file meta information."""

from io import BytesIO

from pydicom import Dataset, dcmwrite


def encode_data_set(
    dataset: Dataset, *, implicit_vr: bool = False, little_endian: bool = True
) -> bytes:
    """Encode the elements of a data set, without preamble and file meta information."""
    stream = BytesIO()
    plain = Dataset(dataset)
    dcmwrite(stream, plain, implicit_vr=implicit_vr, little_endian=little_endian)
    return stream.getvalue()
