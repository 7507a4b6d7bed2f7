"""Where the gateway looks for the database."""

from app.db.embedded.attach import read_url
from app.settings import Settings


def find_url(settings: Settings) -> str | None:
    """Find the database: the one that the settings name, else the one of the data folder."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return read_url(settings.data_dir)
