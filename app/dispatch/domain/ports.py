"""What dispatch needs from outside."""

from typing import Protocol

from app.dispatch.domain.policy import Parameters
from app.dispatch.domain.starvation import Starved


class Heartbeat(Protocol):
    """Tells somebody outside that we live: when it falls silent, they call."""

    async def beat(self) -> str | None:
        """Say it once.

        Never raises for what the network or the other side does.

        Returns
        -------
        str
            Why it could not be said, for a person; nothing when it was.
        """
        ...


class StarvationTrial(Protocol):
    """Shows whether a class of cases starves under a set of parameters."""

    def find_starved(self, parameters: Parameters) -> tuple[Starved, ...]:
        """Find the classes that starve; none: the set may be set."""
        ...
