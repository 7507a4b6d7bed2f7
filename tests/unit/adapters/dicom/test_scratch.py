"""What killed senders leave behind does not stay."""

import os
from pathlib import Path

from app.adapters.dicom.scratch import PREFIX, open_scratch


def test_what_was_left_long_ago_goes_and_what_is_being_sent_stays(tmp_path: Path) -> None:
    scratch = open_scratch(tmp_path / "outgoing")
    old, young, other = (scratch / name for name in (f"{PREFIX}old", f"{PREFIX}young", "other"))
    for each in (old, young, other):
        each.mkdir()
        (each / "rewritten.dcm").write_bytes(b"DICM")
    for each in (old, other):
        os.utime(each, (0, 0))

    assert open_scratch(scratch) == scratch

    assert {each.name for each in scratch.iterdir()} == {young.name, other.name}
