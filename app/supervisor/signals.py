"""Signals, for a process that only watches others."""

import select
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType


class StopAsked(BaseException):
    """A signal asked us to stop while something blocked."""


class Signals:
    """The signals that ask us to stop, and the one that tells that a child ended.

    A request only sets `is_stop_asked`, unless something blocks for long that it may interrupt.
    After the first request others are ignored: the stop is bounded. `SIGUSR1` asks to drain, which
    only a process does that looks for it.
    """

    def __init__(self) -> None:
        self.is_stop_asked = False
        self.is_drain_asked = False
        self._interrupts = False
        self._bell, self._rope = socket.socketpair()
        for end in (self._bell, self._rope):
            end.settimeout(0)

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Catch them inside the block, in the main thread."""
        handlers = {
            signal.SIGTERM: self._ask_to_stop,
            signal.SIGINT: self._ask_to_stop,
            signal.SIGHUP: self._ask_to_stop,
            signal.SIGUSR1: self._ask_to_drain,
            # Handled only so that it rings the bell.
            signal.SIGCHLD: lambda _number, _frame: None,
        }
        before = {
            each: signal.signal(each, handler)
            for each, handler in handlers.items()
            # Who started us with `nohup` wants us to live on.
            if signal.getsignal(each) is not signal.SIG_IGN
        }
        wakeup = signal.set_wakeup_fd(self._rope.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(wakeup)
            for each, handler in before.items():
                signal.signal(each, handler)
            self._bell.close()
            self._rope.close()

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Let a request raise `StopAsked` inside the block."""
        if self.is_stop_asked:
            raise StopAsked
        self._interrupts = True
        try:
            yield
        finally:
            self._interrupts = False

    def wait(self, longest_s: float, *, also: Sequence[int] = ()) -> None:
        """Wait until a signal came or one of the descriptors can be read, at most so long."""
        ready, _, _ = select.select([self._bell.fileno(), *also], [], [], longest_s)
        if self._bell.fileno() in ready:
            self._bell.recv(4096)

    def _ask_to_drain(self, _number: int, _frame: FrameType | None) -> None:
        self.is_drain_asked = True

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        if self.is_stop_asked:
            return
        self.is_stop_asked = True
        if self._interrupts:
            raise StopAsked
