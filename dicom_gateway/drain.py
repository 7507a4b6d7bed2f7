"""Gateways that run on a data folder, and how they are asked to let their work end.

A gateway writes itself down in a file that it holds a lock on; who wants it to drain writes a mark
into that file. Nobody is ever sent a signal by a number that was read somewhere: it may be another
process by now, or count in another container.
"""

import contextlib
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from app.kit.bind import Bind
from app.kit.clock import read_monotonic_s
from app.kit.errors import Unavailable
from dicom_gateway.shared import OwnFile, PeerFile, draw_path, sweep_begun

DRAIN_S = 600.0
"""How long open associations may go on after the request to drain."""
STOP_S = 10.0
"""How long they may after the signal to stop."""
IDLE_S = 5.0
"""How long one may be silent while we drain."""

_SUFFIX = ".gateway"
_SIZE = 512
_MARK = 0
_PATIENCE_S = 10
_GLANCE_S = 0.05


class Milestone(StrEnum):
    """What a reception process tells its supervisor."""

    LISTENS = "+"
    LISTENS_NO_MORE = "-"


@dataclass(frozen=True, slots=True)
class RunningGateway:
    """A gateway that lives.

    Parameters
    ----------
    path
        Where it has written itself down.
    pid
        How its host, or its container, calls it: to be read by a person.
    bind
        Where it listens, or listened.
    drains
        It listens no more, and ends with its last association.
    """

    path: Path
    pid: int
    bind: Bind
    drains: bool


class Registration:
    """How a gateway is known on its data folder.

    Parameters
    ----------
    folder
        Of all that run there; it must exist.
    bind
        Where it is going to listen.
    """

    def __init__(self, folder: Path, *, bind: Bind) -> None:
        sweep_begun(folder)
        self._bind = bind
        self._own = OwnFile(draw_path(folder, suffix=_SUFFIX), size=_SIZE)
        self.path = self._own.path
        self._write(drains=False)

    def is_asked_to_drain(self) -> bool:
        """Tell whether somebody has left the mark."""
        return bool(self._own.memory[_MARK])

    def note_drain(self) -> None:
        """Let others know that it listens no more."""
        self._write(drains=True)

    def close(self) -> None:
        """Be forgotten."""
        self._own.close()

    def _write(self, *, drains: bool) -> None:
        facts = {"pid": os.getpid(), "bind": str(self._bind), "drains": drains}
        self._own.memory[_MARK + 1 :] = json.dumps(facts).encode().ljust(_SIZE - 1)


def find_running(folder: Path) -> list[RunningGateway]:
    """Find the gateways that live on a data folder; files of dead ones are removed."""
    found = []
    for path in sorted(folder.glob(f"*{_SUFFIX}")):
        # It may have ended just now.
        with contextlib.suppress(FileNotFoundError):
            peer = PeerFile(path)
            try:
                if not peer.has_owner():
                    path.unlink(missing_ok=True)
                elif (running := _read(peer)) is not None:
                    found.append(running)
            finally:
                peer.close()
    return found


def _read(peer: PeerFile) -> RunningGateway | None:
    try:
        facts = json.loads(peer.memory[_MARK + 1 :])
    except ValueError:
        # Its first write is under way.
        return None
    return RunningGateway(
        peer.path, int(facts["pid"]), Bind.parse(facts["bind"]), bool(facts["drains"])
    )


def ask_to_drain(gateway: RunningGateway) -> None:
    """Leave the mark; it is seen within a second.

    Raises
    ------
    Unavailable
        If the file is another account's.
    """
    try:
        descriptor = os.open(gateway.path, os.O_WRONLY)
    except FileNotFoundError:
        return
    except OSError as error:
        msg = f"gateway {gateway.pid} cannot be asked to drain: {error.strerror}"
        raise Unavailable(msg) from error
    try:
        os.pwrite(descriptor, b"\1", _MARK)
    finally:
        os.close(descriptor)


def drain(folder: Path) -> Sequence[RunningGateway]:
    """Ask all gateways of a data folder to drain; return them when none of them listens any more.

    Raises
    ------
    Unavailable
        If none runs, or one does not stop listening.
    """
    asked = find_running(folder)
    if not asked:
        msg = f"no gateway runs on the data folder {folder.parent.parent}"
        raise Unavailable(msg)
    for each in asked:
        ask_to_drain(each)
    paths = {each.path for each in asked}
    until_s = read_monotonic_s() + _PATIENCE_S
    while any(not each.drains for each in find_running(folder) if each.path in paths):
        if read_monotonic_s() > until_s:
            msg = f"after {_PATIENCE_S} s a gateway still listens: see its log"
            raise Unavailable(msg)
        time.sleep(_GLANCE_S)
    return asked
