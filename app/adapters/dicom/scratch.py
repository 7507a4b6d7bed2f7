"""The folder of rewritten files: each lies there only while it is sent."""

import shutil
from datetime import timedelta
from pathlib import Path

from app.kit.clock import read_host_clock
from app.store.files import make_folder

PREFIX = "outgoing-"
_LONGEST_SENDING = timedelta(days=1)


def open_scratch(folder: Path) -> Path:
    """Create the folder, and remove what senders have left there that were killed long ago.

    Another process may be sending from it now: what is younger than a day stays.
    """
    make_folder(folder)
    oldest = (read_host_clock() - _LONGEST_SENDING).timestamp()
    for left in folder.glob(f"{PREFIX}*"):
        if left.stat().st_mtime < oldest:
            shutil.rmtree(left, ignore_errors=True)
    return folder
