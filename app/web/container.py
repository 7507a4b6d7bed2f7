"""What the web process holds while it runs; `app.bootstrap` fills it in."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import HTTPConnection

from app.db.clock import Clock
from app.db.session import Sessions
from app.directory.service.secrets import SecretBox
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Container:
    """The parts that requests share; none of them keeps a state of its own between two requests.

    Parameters
    ----------
    box
        Seals the secrets of the second factors.
    """

    settings: Settings
    engine: AsyncEngine
    sessions: Sessions
    clock: Clock
    box: SecretBox


def container_of(connection: HTTPConnection) -> Container:
    """Return the container of the application that serves this request."""
    container: Container = connection.app.state.container
    return container
