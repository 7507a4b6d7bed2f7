"""Run `up` with a small program in the place of each process."""

import sys
from pathlib import Path

from app.settings import read_settings
from app.supervisor.up import run_up

_CHILD = Path(__file__).with_name("child.py")


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


run_up(read_settings(), say=_say, program=(sys.executable, str(_CHILD)))
