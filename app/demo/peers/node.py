"""A node of a hospital or of a reading centre: takes what we send, and keeps it as files."""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from pynetdicom import AE, ALL_TRANSFER_SYNTAXES, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event
from pynetdicom.presentation import AllStoragePresentationContexts

_VERIFICATION = "1.2.840.10008.1.1"

_LOOPBACK = "127.0.0.1"
_SUCCESS = 0x0000
_OUT_OF_RESOURCES = 0xA700
_STOP_WITHIN_S = 5.0


class ReceivingNode:
    """Listens on a free port of loopback until it is closed.

    DCMTK's `storescp` does the receiving when it is installed, so that the demo talks to a program
    that is not ours; else pynetdicom does.

    Parameters
    ----------
    ae_title
        What it calls itself; it answers to any called title.
    folder
        Where received files are kept, one flat folder; made when it is missing.
    """

    def __init__(self, *, ae_title: str, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.ae_title = ae_title
        self.folder = folder
        program = _find_dcmtk()
        if program is None:
            self.program = "pynetdicom"
            self.port, self._close = _serve_with_pynetdicom(ae_title, folder)
        else:
            self.program = f"{program} (DCMTK)"
            self.port, self._close = _serve_with_dcmtk(program, ae_title, folder)

    def __enter__(self) -> Self:
        """Return itself: it listens since it was made."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop listening and end what was started."""
        self._close()

    def find(self, sop_instance_uid: str) -> Path | None:
        """Return the file of an instance, if it has arrived."""
        return next(iter(self.folder.glob(f"*{sop_instance_uid}.dcm")), None)


class _InetServer:
    """Gives each connection to a `storescp --inetd` of its own, as inetd would.

    So the port is ours: on loopback only (`storescp` alone would listen on every address), chosen
    by the system, and open from the moment it is known.
    """

    def __init__(self, command: list[str]) -> None:
        self._command = command
        # Without it DCMTK lets each answer wait 40 ms for the acknowledgement of the one before.
        self._environment = {**os.environ, "TCP_NODELAY": "1"}
        self._children: list[subprocess.Popen[bytes]] = []
        self._listener = socket.create_server((_LOOPBACK, 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, name="demo-node", daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        # Closing the listener from another thread ends the wait with an error.
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._children = [each for each in self._children if each.poll() is None]
                with closing(connection):
                    self._children.append(
                        # A session of its own: Ctrl-C is for us, and we end it in our order.
                        subprocess.Popen(
                            self._command,
                            env=self._environment,
                            stdin=connection.fileno(),
                            stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL,
                            start_new_session=True,
                        )
                    )

    def close(self) -> None:
        """Stop accepting, and end the associations that are still open."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(_STOP_WITHIN_S)
        for child in self._children:
            child.terminate()
        for child in self._children:
            try:
                child.wait(_STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _find_dcmtk() -> str | None:
    """Find the `storescp` of DCMTK: pynetdicom installs a program of the same name."""
    for folder in os.get_exec_path():
        program = shutil.which("storescp", path=folder)
        if program is None:
            continue
        told = subprocess.run([program, "--version"], capture_output=True, check=False)
        if told.stdout.startswith(b"$dcmtk"):
            return program
    return None


def _serve_with_dcmtk(program: str, ae_title: str, folder: Path) -> tuple[int, Callable[[], None]]:
    command = [program, "--inetd", "--quiet", "--aetitle", ae_title, "--accept-all"]
    # The data set is written as it came: what the hospital holds is what we sent.
    command += ["--promiscuous", "--bit-preserving", "--filename-extension", ".dcm"]
    server = _InetServer([*command, "--output-directory", str(folder)])
    return server.port, server.close


def _serve_with_pynetdicom(ae_title: str, folder: Path) -> tuple[int, Callable[[], None]]:
    entity = AE(ae_title=ae_title)
    for context in AllStoragePresentationContexts:
        if context.abstract_syntax is not None:
            entity.add_supported_context(context.abstract_syntax, ALL_TRANSFER_SYNTAXES)
    entity.add_supported_context(_VERIFICATION)

    def keep(event: Event) -> int:
        return _keep(event, folder)

    server = entity.start_server(
        (_LOOPBACK, 0), block=False, evt_handlers=[(evt.EVT_C_STORE, keep)]
    )
    if server is None:
        msg = "pynetdicom gave no server"
        raise TypeError(msg)
    return server.server_address[1], server.shutdown


def _keep(event: Event, folder: Path) -> int:
    request = event.request
    if not isinstance(request, C_STORE):
        msg = f"{type(request).__name__} is no C-STORE"
        raise TypeError(msg)
    path = folder / f"{request.AffectedSOPInstanceUID}.dcm"
    partial = path.with_suffix(".part")
    try:
        partial.write_bytes(event.encoded_dataset())
        partial.rename(path)
    except OSError:
        return _OUT_OF_RESOURCES
    return _SUCCESS
