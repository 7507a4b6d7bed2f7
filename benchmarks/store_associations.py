"""Store one CT by each of 60 `storescu`: gateway, Orthanc, storescp, pynetdicom."""

from pathlib import Path

from benchmarks._figures import Bar
from benchmarks._store import compare, send_one_by_one
from benchmarks._store_files import Load
from benchmarks._store_gateway import OURS
from benchmarks._store_peers import ORTHANC

_BARS = (Bar(OURS, ORTHANC, 1.1),)


def main(*, json: Path | None) -> int:
    """Measure it."""
    return compare(
        "60 storescu of one CT of 38 kB, one after the other",
        load=Load(images=60, side=136),
        client="storescu",
        send=send_one_by_one,
        bars=_BARS,
        json_file=json,
    )
