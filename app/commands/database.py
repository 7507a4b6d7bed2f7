"""The database that a command works on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.db.embedded.owner import open_database
from app.settings import Settings


@contextmanager
def database_of(settings: Settings, *, say: Callable[[str], None]) -> Iterator[str]:
    """Give the address of the database of these settings; our own one is started for the block.

    Parameters
    ----------
    say
        Told what is waited for, a line each.
    """
    given = settings.database_url
    url = None if given is None else given.get_secret_value()
    with open_database(settings.data_dir.resolve(), url=url, say=say) as found:
        yield found
