"""Store 400 CT of 512 kB over one association: gateway, Orthanc, storescp, pynetdicom."""

from pathlib import Path

from benchmarks._figures import Bar
from benchmarks._store import compare, send_at_once
from benchmarks._store_files import Load
from benchmarks._store_gateway import OURS
from benchmarks._store_peers import DCMTK_SCP, ORTHANC

_BARS = (
    Bar(OURS, ORTHANC, 0.30),
    Bar(OURS, DCMTK_SCP, 1.25),
)


def main(*, json: Path | None) -> int:
    """Measure it."""
    return compare(
        "400 CT of 512 kB over one association",
        load=Load(images=400, side=512),
        client="dcmsend",
        send=send_at_once,
        bars=_BARS,
        json_file=json,
    )
