"""Files written together: a group shares what the disk does once for each file otherwise."""

import contextlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from app.store.files import PART_SUFFIX, Bytes, explain_refusal, sync_folder
from dicom_gateway.part_file import start_write_back

_MODE = 0o640
_WRITERS = 2


def write_group_durably(
    folder: Path,
    *,
    files: Sequence[tuple[str, Bytes]],
    note_step: Callable[[], object] = lambda: None,
) -> None:
    """Write files of one folder so that all are there whole, with their names, after a power cut.

    A file of the same name is replaced in one step.

    Parameters
    ----------
    folder
        An existing folder.
    files
        Name and content of each, at least one.
    note_step
        Called between every two steps.

    Raises
    ------
    NoRoom
        If there is no room for all of them; none counts.
    NotWritten
        If the system refuses for another reason.
    """
    parts = [folder / f".{name}.{os.getpid()}{PART_SUFFIX}" for name, _ in files]
    try:
        _write_parts([(part, content) for part, (_, content) in zip(parts, files, strict=True)])
        note_step()
        for part, (name, _) in zip(parts, files, strict=True):
            part.replace(folder / name)
            note_step()
        sync_folder(folder)
    except OSError as error:
        with contextlib.suppress(OSError):
            for part in parts:
                part.unlink(missing_ok=True)
        raise explain_refusal(error, folder / files[0][0]) from error


def _write_parts(parts: Sequence[tuple[Path, Bytes]]) -> None:
    with ExitStack() as opened:

        def write(part: tuple[Path, Bytes]) -> int:
            return _write_part(*part, opened=opened)

        # Where memory has to be found first, writing is work for a processor: two share it.
        with ThreadPoolExecutor(_WRITERS, thread_name_prefix="settling") as writers:
            descriptors = list(writers.map(write, parts))
        # All begin before one is waited for: they then share the commits of the disk's journal.
        for descriptor in descriptors:
            os.fdatasync(descriptor)


def _write_part(path: Path, content: Bytes, *, opened: ExitStack) -> int:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _MODE)
    opened.callback(os.close, descriptor)
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    start_write_back(descriptor, start=0, length=len(content))
    return descriptor
