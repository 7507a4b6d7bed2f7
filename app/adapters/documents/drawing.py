"""Draws a foreign file as pictures of its pages; run as a program of its own, never imported.

A damaged PDF can abort the process that reads it, hang it, or ask for all of the memory. So this
one reads it, with limits, and who asked finds the pages that were drawn until then.

Arguments: the file, the folder for `1.png`, `2.png`, ..., and how many pages to draw at most.
"""

import resource
import sys
from pathlib import Path

import typst

_MEMORY_BYTES = 2 << 30
_CPU_S = 20
_PIXELS_PER_INCH = 150
# As large as what the page's template gives it: bounds the picture, whatever the file says.
_SOURCE = """
#set page(width: 168mm, height: 228mm, margin: 0mm)
#image("{name}"{page}, width: 100%, height: 100%, fit: "contain")
"""


def _draw(file: Path, *, page: int) -> bytes | None:
    number = f", page: {page}" if file.suffix == ".pdf" else ""
    source = _SOURCE.format(name=file.name, page=number).encode()
    try:
        compiler = typst.Compiler(source, root=file.parent, ignore_system_fonts=True)
        drawn = compiler.compile(format="png", ppi=_PIXELS_PER_INCH)
    except typst.TypstError:
        # Not what it says it is; or, after the first page, its end.
        return None
    return drawn[0] if isinstance(drawn, list) else drawn


def main(file: Path, folder: Path, *, most: int) -> None:
    """Draw the pages in order, each complete before its name appears."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for page in range(1, most + 1):
        drawn = _draw(file, page=page)
        if drawn is None:
            return
        unfinished = folder / f"{page}.part"
        unfinished.write_bytes(drawn)
        unfinished.rename(folder / f"{page}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), most=int(sys.argv[3]))
