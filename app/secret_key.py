"""The key that signs sessions: given, or ours when only this machine can reach us."""

import os
import secrets
from pathlib import Path

from app.kit.errors import Invalid
from app.settings import PREFIX, Settings

_FILE = "secret.key"


def ensure_secret_key(settings: Settings) -> str:
    """Give the key from the settings, else the one in the data folder, drawn at the first call.

    Raises
    ------
    Invalid
        If none was given and other machines can reach the pages: then nothing may be assumed.
    """
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    if not settings.http_bind.is_loopback:
        msg = (
            f"{PREFIX}SECRET_KEY is needed when the pages are served on {settings.http_bind}: "
            "give 32 random bytes or more, the same to every process"
        )
        raise Invalid(msg)
    return _read_or_draw(settings.data_dir / _FILE)


def _read_or_draw(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{_FILE}-{os.getpid()}")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    try:
        # Of several processes that start at once, the first one's key stands, complete.
        path.hardlink_to(fresh)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_text(encoding="ascii").strip()
