"""The passwords of the demo: drawn once per data folder, readable by its owner only."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 3, 4
_FILE = "credentials.json"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What every user of the demo signs in with.

    Parameters
    ----------
    password
        The same for all: it is a demo.
    second_factor_secret
        Base32, of the one user who has one; absent until it was enrolled.
    """

    password: str
    second_factor_secret: str | None = None

    def with_second_factor(self, secret: str) -> "Credentials":
        """Return them with the secret of the second factor."""
        return replace(self, second_factor_secret=secret)


def read_or_draw(folder: Path) -> Credentials:
    """Read the credentials of a data folder, or draw them at the first demo on it."""
    try:
        return Credentials(**json.loads((folder / _FILE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        drawn = Credentials("-".join(_draw_group() for _ in range(_GROUPS)))
        write(drawn, folder=folder)
        return drawn


def write(credentials: Credentials, *, folder: Path) -> None:
    """Keep them, for this account only."""
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{_FILE}-{os.getpid()}"
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(credentials), file)
    fresh.replace(folder / _FILE)


def _draw_group() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP))
