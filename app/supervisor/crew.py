"""The processes of one gateway: each started again when it ends, until the gateway stops."""

import errno
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from app.kit.clock import read_monotonic_s
from app.supervisor.child import Child
from dicom_gateway.drain import Milestone

PROGRAM = (sys.executable, "-m", "app.supervisor.part")
"""How a process is started; without the rest of the command line it starts sooner, and is small."""

RECEPTION, INDEX = "reception", "index"

_GLANCE_S = 1.0
# The system has no room for another process just now.
_PASSING = frozenset({errno.EAGAIN, errno.ENOMEM})

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Part:
    """A process, what it tells us, and where it counts.

    Parameters
    ----------
    part
        What it does.
    child
        Itself.
    counts_path
        Of the process that runs now.
    ear
        Our end of a pipe; missing while none runs.
    is_listening
        It has said so, and not taken it back.
    """

    part: str
    child: Child
    counts_path: Path | None = None
    ear: int | None = None
    is_listening: bool = False


@dataclass(slots=True)
class Ledgers:
    """What to do with the file in which a process counts.

    Parameters
    ----------
    draw
        Names the file of a process that is about to start.
    finish
        Told when the process has ended.
    """

    draw: Callable[[], Path]
    finish: Callable[[Path], None]


@dataclass(slots=True)
class Crew:
    """All processes of a gateway.

    Parameters
    ----------
    workers
        Reception processes, at least 1.
    environment
        Of each process.
    ledgers
        Where they count.
    """

    workers: int
    environment: Mapping[str, str]
    ledgers: Ledgers
    program: Sequence[str] = PROGRAM
    parts: list[Part] = field(init=False)

    def __post_init__(self) -> None:
        receptions = [
            Part(RECEPTION, Child(f"{RECEPTION}-{number}")) for number in range(self.workers)
        ]
        self.parts = [*receptions, Part(INDEX, Child(INDEX))]

    @property
    def receptions(self) -> list[Part]:
        """Those that listen."""
        return [each for each in self.parts if each.part == RECEPTION]

    @property
    def ears(self) -> list[int]:
        """Descriptors on which something may be told."""
        return [each.ear for each in self.parts if each.ear is not None]

    def count_running(self) -> Counter[str]:
        """Count the processes that run, by part; a part without any counts 0."""
        running = Counter({RECEPTION: 0, INDEX: 0})
        running.update(each.part for each in self.parts if each.child.process is not None)
        return running

    def tend(self) -> float:
        """Start who is due; say in how many seconds somebody wants to be looked at again."""
        return min(self._tend(each) for each in self.parts)

    def _tend(self, part: Part) -> float:
        self.look(part)
        if part.child.process is not None:
            return _GLANCE_S
        wait_s = part.child.due_s - read_monotonic_s()
        if wait_s > 0:
            return min(wait_s, _GLANCE_S)
        self._start(part)
        return _GLANCE_S

    def _start(self, part: Part) -> None:
        part.counts_path = self.ledgers.draw()
        part.ear, mouth = os.pipe()
        os.set_blocking(part.ear, False)
        try:
            part.child.start(
                [*self.program, part.part, str(part.counts_path), str(mouth)],
                environment=self.environment,
                descriptors=(mouth,),
            )
        except OSError as error:
            if error.errno not in _PASSING:
                raise
            # Those that run need no other one.
            part.child.postpone(reason=os.strerror(error.errno))
            self._clear(part)
        finally:
            os.close(mouth)

    def look(self, part: Part) -> None:
        """Take what a process has told, and note its end."""
        self._hear(part)
        was_running = part.child.process is not None
        part.child.note_end()
        if was_running and part.child.process is None:
            self._clear(part)

    def _hear(self, part: Part) -> None:
        if part.ear is None:
            return
        try:
            told = os.read(part.ear, 64)
        except BlockingIOError:
            return
        if not told:
            os.close(part.ear)
            part.ear = None
        else:
            part.is_listening = told.endswith(Milestone.LISTENS.encode())

    def _clear(self, part: Part) -> None:
        part.is_listening = False
        if part.ear is not None:
            os.close(part.ear)
            part.ear = None
        if part.counts_path is not None:
            self.ledgers.finish(part.counts_path)
            part.counts_path = None

    def ask(self, parts: Sequence[Part], number: signal.Signals) -> None:
        """Send a signal to processes of ours that run."""
        for each in parts:
            each.child.ask_to_stop(number)

    def end(self, parts: Sequence[Part], *, deadline_s: float) -> None:
        """Wait for the end of processes; make an end of them when the deadline has passed."""
        for each in parts:
            each.child.wait_for_end(deadline_s)
            self._clear(each)
