"""Where the processes listen, chosen and announced."""

import json
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from app.kit.errors import Unavailable
from app.settings import PREFIX, Bind, Settings

_BINDS = ("http_bind", "dicom_bind")
_FILE = "up.json"


def choose_binds(settings: Settings) -> dict[str, Bind]:
    """Choose where we listen, by name of the setting: a free port where a default is busy.

    Raises
    ------
    Unavailable
        If an address that was asked for is in use, or is none of this machine.
    """
    return {name: _choose_bind(settings, name) for name in _BINDS}


def _choose_bind(settings: Settings, name: str) -> Bind:
    wanted: Bind = getattr(settings, name)
    try:
        return _try_bind(wanted)
    except OSError as error:
        if name not in settings.model_fields_set:
            return _try_bind(Bind(wanted.host, 0))
        msg = f"{PREFIX}{name.upper()}={wanted} cannot be used: {error.strerror}"
        raise Unavailable(msg) from error


def _try_bind(bind: Bind) -> Bind:
    address = socket.getaddrinfo(
        bind.host, bind.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(address[0]) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address[4])
        return Bind(bind.host, probe.getsockname()[1])


@contextmanager
def announced(
    binds: Mapping[str, Bind], *, data_dir: Path, say: Callable[[str], None]
) -> Iterator[None]:
    """Say where we listen, and write it down for programs while we run (`up.json`)."""
    path = data_dir / _FILE
    addresses = {name.removesuffix("_bind"): str(bind) for name, bind in binds.items()}
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"pid": os.getpid(), **addresses}), encoding="utf-8")
    fresh.replace(path)
    say(f"pages and API on http://{binds['http_bind']}, DICOM on {binds['dicom_bind']}")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
