"""The figures of `ingest` as rows for docs/benchmarks.md: `python -m benchmarks._table FILE`."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any

_CONTESTANTS = ("astreinte", "orthanc", "storescp", "pynetdicom")
_VERDICTS = {True: "met", False: "**missed**", None: "below the floor"}


def iterate_rows(told: Mapping[str, Any]) -> Iterator[str]:
    """Make a row of each load, then of each memory, then of each bar."""
    sections = told["sections"]
    for section in sections:
        yield _join(section["work"], *(_describe(section, name) for name in _CONTESTANTS))
    for section in sections:
        if section["memory"]:
            found = (_describe_memory(section, name) for name in _CONTESTANTS)
            yield _join(section["work"], *found)
    for section in sections:
        for bar in section["bars"]:
            yield _join(section["work"], bar["bar"], _VERDICTS[bar["met"]])


def _describe(section: Mapping[str, Any], name: str) -> str:
    runs = section["seconds"].get(name)
    if not runs:
        return "-"
    spread = f"{median(runs):.2f} s ({min(runs):.2f} .. {max(runs):.2f})"
    return f"{spread}, {section['images'] / median(runs):.0f}/s" if section["images"] else spread


def _describe_memory(section: Mapping[str, Any], name: str) -> str:
    peak = section["memory"].get(name)
    return "-" if peak is None else f"{peak['pss_mib']:.0f} ({peak['resident_mib']:.0f})"


def _join(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print(*iterate_rows(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))), sep="\n")
