"""Rows for the page: what was measured stands in them, what was not is a dash."""

import json
from pathlib import Path

from benchmarks._figures import Bar, Figures, report_all
from benchmarks._memory import Peak
from benchmarks._table import iterate_rows


def test_rows_say_what_the_file_says(tmp_path: Path) -> None:
    figures = Figures("200 at once", {"astreinte": [2.0, 3.0, 4.0], "orthanc": [9.0]})
    figures.images = 4000
    figures.memory = {"astreinte": Peak(resident_mib=300.4, pss_mib=200.2, processes=3)}
    told = [figures.tell([Bar("astreinte", "orthanc", 0.33)])]
    report_all(told, json_file=tmp_path / "file.json")

    rows = list(iterate_rows(json.loads((tmp_path / "file.json").read_text())))

    assert rows == [
        "| 200 at once | 3.00 s (2.00 .. 4.00), 1333/s | 9.00 s (9.00 .. 9.00), 444/s | - | - |",
        "| 200 at once | 200 (300) | - | - | - |",
        "| 200 at once | astreinte / orthanc = 0.33 (<= 0.33) | **missed** |",
    ]
