"""Which classes are stored: all of the standard's, all of anybody's, and no service."""

import pytest
from pydicom._uid_dict import UID_dictionary

from app.intake.domain.sop_classes import (
    is_standard_storage,
    is_standard_syntax,
    is_storage_class,
)

SOP_CLASSES = {uid: name for uid, (name, kind, *_) in UID_dictionary.items() if kind == "SOP Class"}
# Services about storage, and objects that have no patient.
NOT_STORED = (
    "Storage Commitment",
    "Media Storage Directory",
    "Hanging Protocol",
    "Color Palette",
    "Generic Implant",
    "Implant ",
)


def test_every_storage_class_of_the_standard_is_stored() -> None:
    storage = {
        uid
        for uid, name in SOP_CLASSES.items()
        if "Storage" in name and not name.startswith(NOT_STORED)
    }

    assert len(storage) > 150
    assert {uid for uid in storage if not is_storage_class(uid)} == set()


def test_no_other_class_of_the_standard_is_stored() -> None:
    others = {uid for uid, name in SOP_CLASSES.items() if "Storage" not in name}
    # Waveforms, reports and the like whose name says nothing of storage stand below the same root.
    stored = {uid for uid in others if is_storage_class(uid)}

    assert all(uid.startswith("1.2.840.10008.5.1.4.1.1.") or "34.1" in uid for uid in stored)
    assert {uid for uid in others - stored if "4.1.1." not in uid} >= {
        "1.2.840.10008.1.1",
        "1.2.840.10008.5.1.4.1.2.2.1",
        "1.2.840.10008.5.1.4.31",
        "1.2.840.10008.3.1.2.3.3",
    }


@pytest.mark.parametrize("uid", ["1.2.840.113619.4.27", "1.3.12.2.1107.5.9.1", "1.2.3.4.5"])
def test_a_private_or_unknown_class_is_stored(uid: str) -> None:
    assert is_storage_class(uid)
    assert not is_standard_storage(uid)


def test_a_context_without_a_class_is_not() -> None:
    assert not is_storage_class("")


def test_every_transfer_syntax_of_the_standard_is_known() -> None:
    syntaxes = {uid for uid, (_, kind, *_) in UID_dictionary.items() if kind == "Transfer Syntax"}
    private = {uid for uid in syntaxes if not uid.startswith("1.2.840.10008.")}

    assert {uid for uid in syntaxes - private if not is_standard_syntax(uid)} == set()
    assert not any(is_standard_syntax(uid) for uid in private)
