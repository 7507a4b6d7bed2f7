"""The planning of the demo, made by the command that planners use."""

import subprocess
import sys

from app.demo.platform import Platform
from app.kit.errors import Unavailable


def publish_planning(platform: Platform) -> None:
    """Generate and publish four weeks around now, unless they are there.

    Raises
    ------
    Unavailable
        If the command fails, with what it said.
    """
    command = [sys.executable, "-m", "app.cli", "planning", "generate", "--publish"]
    done = subprocess.run(
        command,
        env=dict(platform.environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    if done.returncode != 0:
        msg = f"astreinte planning generate ended with {done.returncode}: {done.stderr.strip()}"
        raise Unavailable(msg)
