"""What durable answers cost on this disk at the least: one sync after each image, and nothing else.

A receiver that syncs nothing does less work than one that may say "success" only when a power cut
cannot take the image back. This is the difference that no program can avoid on one association,
where each image waits for the answer to the one before.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from app.kit.clock import read_monotonic_s
from benchmarks._ingest_files import Slices

SYNCS: Final = "syncs alone"


def make_syncs(folder: Path, *, slices: Slices) -> Callable[[], float]:
    """Make the contestant that writes the same files one behind the other, each synced.

    They go into one file whose blocks are there already, which is the cheapest sync there is. Only
    the syncs are counted: whoever receives has written too.
    """
    path = folder / "syncs"

    def contestant() -> float:
        slices.renew()
        contents = [each.read_bytes() for each in slices.paths]
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
        try:
            _lay_out(descriptor, size_bytes=sum(map(len, contents)))
            return sum(_sync_each(descriptor, contents))
        finally:
            os.close(descriptor)

    return contestant


def _lay_out(descriptor: int, *, size_bytes: int) -> None:
    if os.fstat(descriptor).st_size < size_bytes:
        os.pwrite(descriptor, bytes(size_bytes), 0)
    os.fsync(descriptor)


def _sync_each(descriptor: int, contents: list[bytes]) -> list[float]:
    at, took_s = 0, []
    for content in contents:
        os.pwrite(descriptor, content, at)
        at += len(content)
        begun_s = read_monotonic_s()
        os.fdatasync(descriptor)
        took_s.append(read_monotonic_s() - begun_s)
    return took_s
