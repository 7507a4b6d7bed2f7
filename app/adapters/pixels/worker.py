"""Compare pairs of files, one line of JSON each; the process that reads untrusted pixels.

It may run out of memory or time, or be ended by a codec: whoever started it goes on. Lines come on
standard input as `{"one": ..., "other": ..., "pixels": true}`; for each a line goes out, with
`same`, `different`, or `undecodable`. Before all others goes a line with `ready`.
"""

import json
import os
import resource
import sys
import warnings
from pathlib import Path
from typing import TextIO

from pydicom import Dataset, dcmread

from app.adapters.pixels.data_sets import are_same_data_sets
from app.adapters.pixels.images import NotComparable, are_same_images

_MEMORY_BYTES = 4 << 30
_CPU_S = 600
_NICENESS = 10


def compare(one: Path, other: Path, *, pixels: bool) -> str:
    """Compare two files; with `pixels` by what they show, else by their data sets."""
    try:
        heads = _read(one), _read(other)
        if not pixels or not any("PixelData" in head for head in heads):
            return "same" if are_same_data_sets(*heads) else "different"
        return "same" if are_same_images(one, other, heads=heads) else "different"
    except NotComparable:
        return "undecodable"
    except Exception:  # noqa: BLE001 - an edge: a file may break a parser in any way
        return "undecodable" if pixels else "different"


def _read(path: Path) -> Dataset:
    return dcmread(path, force=True)


def _take_standard_output() -> TextIO:
    # Codecs written in C print to it: only ours may reach who reads us.
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return out


def run() -> None:
    """Answer line by line until there are no more."""
    out = _take_standard_output()
    warnings.simplefilter("ignore")
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    print("ready", file=out, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        verdict = compare(Path(asked["one"]), Path(asked["other"]), pixels=asked["pixels"])
        print(verdict, file=out, flush=True)


if __name__ == "__main__":
    run()
