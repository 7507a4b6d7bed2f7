"""Receive as gateway, Orthanc and storescp do: three loads of files, then 1 to 200 at once.

All loads, or those named in INGEST_LOADS (such as `large,small` or `at-once-200`); INGEST_RUNS (7)
counted runs of each, after one that warms up; INGEST_WORKERS processes of ours that receive, when
it is not to be the gateway's own choice.
"""

import os
from pathlib import Path
from typing import Final

from benchmarks._figures import MISSING, report_all
from benchmarks._folders import make_bench_folder
from benchmarks._ingest_crowds import CROWD_LOADS, CrowdLoad
from benchmarks._ingest_gateway import read_many_settings
from benchmarks._ingest_loads import FILE_LOADS, FileLoad
from benchmarks._processes import find_program

_RUNS: Final = 7


def main(*, json: Path | None) -> int:
    """Measure each load against all receivers; 0 when every bar was met, 2 without the clients."""
    loads: dict[str, FileLoad | CrowdLoad] = {**FILE_LOADS, **CROWD_LOADS}
    wanted = os.environ.get("INGEST_LOADS", ",".join(loads)).split(",")
    unknown = [name for name in wanted if name not in loads]
    if unknown:
        print(f"INGEST_LOADS: there is no {', '.join(unknown)}; there are {', '.join(loads)}")
        return MISSING
    for client in ("dcmsend", "storescu"):
        if find_program(client, made_by="dcmtk") is None:
            print(f"{client} is missing, nothing is measured: apt-get install dcmtk")
            return MISSING
    runs = int(os.environ.get("INGEST_RUNS", _RUNS))
    with make_bench_folder() as folder:
        sections = [
            loads[name].measure(folder / name, settings=read_many_settings(), runs=runs)
            for name in wanted
        ]
    return report_all(sections, json_file=json)
