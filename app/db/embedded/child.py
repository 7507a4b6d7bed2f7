"""Children that never outlive their parent."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def make_tether(death_signal: signal.Signals) -> Callable[[], None]:
    """Make what a child runs before its program, so that it gets the signal when we are killed.

    The kernel ties this to the *thread* that starts the child: start it from the main thread. Only
    Linux has it; elsewhere the tether holds nothing.
    """
    if sys.platform != "linux":
        return _hold_nothing
    parent = os.getpid()
    # Loaded before the fork: between fork and exec nothing may allocate much or take locks.
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def tether() -> None:
        prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            # The parent died before the tether held.
            os._exit(1)

    return tether


def _hold_nothing() -> None:
    return None
