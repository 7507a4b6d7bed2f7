"""The planning of the demo, made by the command that planners use."""

import subprocess
import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.demo.platform import Platform
from app.kit.errors import Unavailable

_ENOUGH = timedelta(days=7)


def publish_planning(
    platform: Platform, *, planned_until: datetime | None, now: datetime, zone: str
) -> None:
    """Generate and publish four weeks around now, or those that follow what is planned.

    Parameters
    ----------
    planned_until
        Until when guards are laid out already; while that is a week or more from now, nothing is
        done, so that what somebody edited stays.
    zone
        Of the planning's dates.

    Raises
    ------
    Unavailable
        If the command fails, with what it said.
    """
    command = [sys.executable, "-m", "app.cli", "planning", "generate", "--publish"]
    if planned_until is not None:
        if planned_until - now > _ENOUGH:
            return
        around = now - _ENOUGH
        first = max(planned_until, around).astimezone(ZoneInfo(zone)).date()
        command += ["--from", first.isoformat()]
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
