"""The counts of a gateway, and where they are served."""

from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from app.kit.bind import Bind
from app.kit.errors import Unavailable
from app.supervisor.crew import Crew, Ledgers
from app.supervisor.plan import Plan
from dicom_gateway.drain import Registration, find_running

if TYPE_CHECKING:
    from app.supervisor.counts import CountServer as _Server

_COUNTS_SUFFIX = ".counts"

_log = structlog.get_logger(__name__)


class CountFiles:
    """Names the files in which the processes of one gateway count.

    Parameters
    ----------
    folder
        Of all gateways; files of those that are no more are removed.
    registration
        Of this one.
    """

    def __init__(self, folder: Path, registration: Registration) -> None:
        self._folder = folder
        self._name = registration.path.stem
        self._drawn = 0
        living = {each.path.stem for each in find_running(registration.path.parent)}
        living.add(self._name)
        for path in self._folder.iterdir():
            if path.name.partition(".")[0] not in living:
                path.unlink(missing_ok=True)

    def draw(self) -> Path:
        """Name the file of another process."""
        self._drawn += 1
        return self._folder / f"{self._name}.{self._drawn}{_COUNTS_SUFFIX}"


class Window:
    """Where Prometheus looks in, if it is asked to.

    Parameters
    ----------
    plan
        Says where.
    files
        In which the processes count.
    """

    def __init__(self, plan: Plan, files: CountFiles) -> None:
        self._server: _Server | None = None
        self.ledgers = Ledgers(draw=files.draw, finish=lambda path: path.unlink(missing_ok=True))
        if plan.metrics_bind is not None:
            # Only who serves them pays for the library.
            from app.supervisor.counts import Counts, CountServer  # noqa: PLC0415

            self._counts = Counts()
            self._server = CountServer(self._counts, bind=Bind.parse(plan.metrics_bind))
            self.ledgers = Ledgers(
                draw=lambda: self._counts.follow(files.draw()), finish=self._counts.finish
            )

    def open(self, crew: Crew, *, must: bool) -> None:
        """Serve, unless it is done already; whose place we take may still hold the address."""
        if self._server is None:
            return
        self._counts.count_running = crew.count_running
        try:
            served = self._server.open()
        except Unavailable:
            if must:
                raise
            return
        if served is not None:
            _log.info("metrics_served", address=str(served))

    def close(self) -> None:
        """Let the next one have the address."""
        if self._server is not None:
            self._server.close()
