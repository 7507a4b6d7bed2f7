"""The reception: the process of the gateway that listens, and answers for what it has spooled.

It starts and goes on without the index and without the database, and loads neither: there may be
several of it, and one that was killed is soon back.
"""

import gc
import time
from collections.abc import Callable

from app.kit.clock import read_monotonic_s
from app.settings import Settings
from dicom_gateway.acceptor import Acceptor
from dicom_gateway.drain import DRAIN_S, IDLE_S, STOP_S, Milestone
from dicom_gateway.front import Front
from dicom_gateway.process import Asked, open_spool

_GLANCE_S = 0.05
_COMING_S = 2.0
"""How long who was connected when we listened no more may take to ask for an association."""


def run_reception(settings: Settings, *, tell: Callable[[Milestone], None]) -> None:
    """Receive until the process is told to stop or to drain, and open associations have ended.

    Call it from the main thread.

    Parameters
    ----------
    settings
        With the ports that all reception processes share: none of them is 0.
    tell
        Called once we listen, and once we do no more.

    Raises
    ------
    Unavailable
        If the data folder cannot be written, or a port is busy; the message says what to do.
    """
    asked = Asked()
    front = Front(settings, spool=open_spool(settings), wake=_wake_nobody, shares_port=True)
    front.start()
    # What was loaded stays: no collection need walk over it while somebody waits for an answer.
    gc.freeze()
    try:
        tell(Milestone.LISTENS)
        asked.wait()
        front.acceptor.stop_listening()
        tell(Milestone.LISTENS_NO_MORE)
        _let_finish(front.acceptor, asked)
    finally:
        front.close()


def _wake_nobody() -> None:
    """Do nothing: the index is another process, and looks by itself."""


def _let_finish(acceptor: Acceptor, asked: Asked) -> None:
    """Wait until the open associations have ended; who drains waits long, but not for the idle."""
    started_s = read_monotonic_s()
    while _is_busy(acceptor, elapsed_s := read_monotonic_s() - started_s):
        if elapsed_s > DRAIN_S:
            return
        if asked.stops_soon:
            # The signal may have come in the middle of a drain: its own time begins then.
            _let_finish_soon(acceptor)
            return
        acceptor.abort_idle(since_s=IDLE_S)
        time.sleep(_GLANCE_S)


def _is_busy(acceptor: Acceptor, elapsed_s: float) -> bool:
    """Tell whether anybody is served, or has just come to be: it would find its peer gone."""
    return bool(acceptor.count_open() or (elapsed_s < _COMING_S and acceptor.count_coming()))


def _let_finish_soon(acceptor: Acceptor) -> None:
    started_s = read_monotonic_s()
    while _is_busy(acceptor, elapsed_s := read_monotonic_s() - started_s):
        if elapsed_s > STOP_S:
            return
        time.sleep(_GLANCE_S)
