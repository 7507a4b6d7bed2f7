"""What the web process holds while it runs; `app.bootstrap` fills it in."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import HTTPConnection

from app.db.clock import Clock
from app.db.session import Sessions
from app.delivery.domain.ports import DicomPeers
from app.directory.service.secrets import SecretBox
from app.planning.domain.ports import TablePrinter
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Container:
    """The parts that requests share; none of them keeps a state of its own between two requests.

    Parameters
    ----------
    own_sessions
        For what the process does unasked, on connections of their own: however many requests wait
        for theirs, it says that it lives.
    box
        Seals the secrets of the second factors.
    peers
        Asks the nodes that we send to whether they are there.
    table_printer
        Puts on paper what pages show as tables.
    """

    settings: Settings
    engine: AsyncEngine
    sessions: Sessions
    own_sessions: Sessions
    clock: Clock
    box: SecretBox
    peers: DicomPeers
    table_printer: TablePrinter


def container_of(connection: HTTPConnection) -> Container:
    """Return the container of the application that serves this request."""
    container: Container = connection.app.state.container
    return container
