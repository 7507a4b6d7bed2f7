"""Taking turns: no peer keeps the event loop to itself, however fast it sends."""

import asyncio
from collections.abc import Callable

LONG_S = 0.03
"""A read that takes longer is the last one of its connection in this turn of the loop."""


def let_others(transport: asyncio.Transport, *, may_go_on: Callable[[], bool]) -> None:
    """Read on only in the next turn, when all others have had theirs.

    The loop would read up to 32 times from one socket while more is there (libuv, `uv__read`):
    with values of a few bytes each, that is half a minute.

    Parameters
    ----------
    transport
        What is read from just now.
    may_go_on
        Asked in the next turn: nothing else may have stopped the reading meanwhile.
    """

    def go_on() -> None:
        if may_go_on() and not transport.is_closing():
            transport.resume_reading()

    if not transport.is_closing():
        transport.pause_reading()
        asyncio.get_running_loop().call_soon(go_on)
