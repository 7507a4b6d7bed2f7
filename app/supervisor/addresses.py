"""Where the processes listen, chosen and announced."""

import json
import os
import socket
from collections.abc import Callable

from app.kit.errors import Unavailable
from app.settings import PREFIX, Bind, Settings

_BINDS = {"web": "http_bind", "gateway": "dicom_bind"}
_FILE = "up.json"


class Addresses:
    """The addresses of the processes: free ones where a default is busy and none was asked for.

    Parameters
    ----------
    settings
        As read from the environment.
    say
        Told where we listen, each time that it changes.

    Raises
    ------
    Unavailable
        If an address that was asked for is in use, or is none of this machine.
    """

    def __init__(self, settings: Settings, *, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._say = say
        self._path = settings.data_dir / _FILE
        # Of one that was killed: nobody listens there any more.
        self.withdraw()
        self._binds = {name: _choose(settings, name) for name in _BINDS.values()}

    def announce(self) -> None:
        """Say where we listen, and write it into the data folder for programs (`up.json`)."""
        addresses = {name.removesuffix("_bind"): str(bind) for name, bind in self._binds.items()}
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps({"pid": os.getpid(), **addresses}), encoding="utf-8")
        fresh.replace(self._path)
        pages, dicom = self._binds["http_bind"], self._binds["dicom_bind"]
        self._say(f"pages and API on http://{pages}, DICOM on {dicom}")

    def withdraw(self) -> None:
        """Remove what `announce` wrote."""
        self._path.unlink(missing_ok=True)

    def prepare(self, process: str) -> None:
        """Before a process starts: choose anew if another program took its port meanwhile."""
        name = _BINDS.get(process)
        if name is None or name in self._settings.model_fields_set:
            return
        try:
            _try(self._binds[name])
        except OSError:
            self._binds[name] = _try(Bind(self._binds[name].host, 0))
            self.announce()

    def write(self) -> dict[str, str]:
        """Write them as settings for the processes."""
        return {PREFIX + name.upper(): str(bind) for name, bind in self._binds.items()}


def _choose(settings: Settings, name: str) -> Bind:
    wanted: Bind = getattr(settings, name)
    try:
        return _try(wanted)
    except OSError as error:
        if name not in settings.model_fields_set:
            return _try(Bind(wanted.host, 0))
        msg = f"{PREFIX}{name.upper()}={wanted} cannot be used: {error.strerror}"
        raise Unavailable(msg) from error


def _try(bind: Bind) -> Bind:
    """Listen there for a moment; give the address with the port that the system chose."""
    found = socket.getaddrinfo(
        bind.host, bind.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(found[0]) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(found[4])
        return Bind(bind.host, probe.getsockname()[1])
