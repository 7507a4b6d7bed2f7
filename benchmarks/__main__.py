"""Run one program of this folder: `python -m benchmarks NAME [--json FILE]`.

A program is a module whose name has no underscore in front. The first line of its docstring says
what it measures; its `main(*, json: Path | None) -> int` prints the figures, writes them to the
file when there is one, and returns 0 only if every bar was met.
"""

import argparse
import ast
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent
UNKNOWN = 2


def list_programs(folder: Path = HERE) -> dict[str, str]:
    """List the programs by name, with what each measures; they are read, not loaded."""
    files = sorted(path for path in folder.glob("*.py") if not path.name.startswith("_"))
    return {path.stem.replace("_", "-"): _read_summary(path) for path in files}


def _read_summary(path: Path) -> str:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0]


def run(arguments: Sequence[str]) -> int:
    """Run the program that is asked for, or list those that exist."""
    parser = argparse.ArgumentParser(prog="make bench", description="Measure one thing.")
    parser.add_argument("name", nargs="?", default="")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    programs = list_programs()
    if options.name not in programs:
        what = f"there is no program {options.name!r}." if options.name else "which program?"
        lines = [f"  {name:<16} {summary}" for name, summary in programs.items()]
        print(
            f"bench: {what} Those that exist:",
            *lines or ["  (none yet)"],
            sep="\n",
            file=sys.stderr,
        )
        return UNKNOWN
    module = import_module(f"benchmarks.{options.name.replace('-', '_')}")
    main: Callable[..., int] = module.main
    return main(json=options.json)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
