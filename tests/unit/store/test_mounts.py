"""File systems: known by their mount, and trusted with names only where that was looked up."""

from pathlib import Path

import pytest

from app.store import mounts
from app.store.mounts import does_sync_keep_name, find_type


def test_the_types_of_this_machine_are_found() -> None:
    assert find_type(Path("/proc")) == "proc"
    assert not does_sync_keep_name(Path("/proc"))


@pytest.mark.parametrize(
    ("kind", "keeps"), [("ext4", True), ("xfs", True), ("btrfs", False), ("nfs4", False)]
)
def test_a_sync_keeps_a_name_where_the_journal_does(
    kind: str, *, keeps: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = tmp_path.stat().st_dev
    numbers = f"{device >> 8 & 0xFFF}:{device & 0xFF | device >> 12 & 0xFFF00}"
    table = tmp_path / "mountinfo"
    table.write_text(
        "21 20 0:20 / /proc rw - proc proc rw\n"
        f"22 20 {numbers} / /data rw,relatime shared:1 master:2 - {kind} /dev/vda rw\n"
    )
    monkeypatch.setattr(mounts, "_MOUNTS", table)

    assert find_type(tmp_path) == kind
    assert does_sync_keep_name(tmp_path) is keeps


@pytest.mark.parametrize("content", [None, "", "22 20 8:1 / /data rw\n", "nonsense\n\n"])
def test_in_doubt_the_folder_is_synced(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "mountinfo"
    if content is not None:
        table.write_text(content)
    monkeypatch.setattr(mounts, "_MOUNTS", table)

    assert find_type(tmp_path) == ""
    assert not does_sync_keep_name(tmp_path)
