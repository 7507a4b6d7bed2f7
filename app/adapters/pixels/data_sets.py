"""Compare two data sets, identity and encoding apart."""

from collections.abc import Iterator

from pydicom import DataElement, Dataset
from pydicom.multival import MultiValue

_PATIENT_GROUP = 0x0010
_IGNORED = frozenset(
    {
        0x00080005,  # Specific Character Set: values are compared decoded
        0x00080015,  # Instance Coercion DateTime
        0x00080050,  # Accession Number
        0x00080051,  # Issuer of Accession Number Sequence
        0x00080090,  # Referring Physician's Name
        0x00200010,  # Study ID
        0x04000550,  # Modified Attributes Sequence
        0x04000561,  # Original Attributes Sequence
        0x00282110,  # Lossy Image Compression
        0x00282112,  # its ratio
        0x00282114,  # its method
        0xFFFAFFFA,  # Digital Signatures Sequence
        0xFFFCFFFC,  # Data Set Trailing Padding
    }
)


def are_same_data_sets(one: Dataset, other: Dataset) -> bool:
    """Tell whether two data sets say the same but of whom, and however they are encoded.

    Patient group, accession and referrer are passed over, and so are private elements: in implicit
    encodings they lose their value representation.
    """
    return list(_flatten(one)) == list(_flatten(other))


def _flatten(dataset: Dataset) -> Iterator[tuple[int, object]]:
    for element in dataset:
        tag = element.tag
        if tag.group in {0x0002, _PATIENT_GROUP} or tag.element == 0 or tag.is_private:
            continue
        if int(tag) not in _IGNORED and not _is_empty(element):
            yield int(tag), _normalise(element)


def _is_empty(element: DataElement) -> bool:
    return element.value is None or element.value == "" or element.VM == 0


def _normalise(element: DataElement) -> object:
    value = element.value
    if element.VR == "SQ":
        return [list(_flatten(item)) for item in value]
    if isinstance(value, bytes):
        return value.rstrip(b"\0 ")
    if isinstance(value, MultiValue | list):
        return [_normalise_one(each) for each in value]
    return _normalise_one(value)


def _normalise_one(value: object) -> object:
    if isinstance(value, float | int):
        return float(value)
    return str(value).strip("\0 ")
