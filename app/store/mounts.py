"""Which file system a folder lies on, and what that says of names."""

import os
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_DEVICE, _FIRST_OPTIONAL = 2, 6
# A rename changes the inode of the file in the same transaction as the folders (its ctime), and
# fsync of the file brings that transaction to the disk: ADR-0020.
_NAMES_FOLLOW = frozenset({"ext4", "xfs"})


def does_sync_keep_name(folder: Path) -> bool:
    """Tell whether fsync(2) of a file brings its latest name to the disk too.

    In doubt not: then the folder must be synced as well.
    """
    return find_type(folder) in _NAMES_FOLLOW


def find_type(folder: Path) -> str:
    """Find the type of the file system of a folder, such as `ext4`; empty when it is not known.

    References
    ----------
    proc_pid_mountinfo(5): a number for each device, and the type behind the optional fields.
    """
    try:
        device = folder.stat().st_dev
        lines = _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for line in lines:
        fields = line.split()
        if (
            len(fields) > _FIRST_OPTIONAL
            and fields[_DEVICE] == wanted
            and "-" in fields[_FIRST_OPTIONAL:]
        ):
            return fields[fields.index("-", _FIRST_OPTIONAL) + 1]
    return ""
