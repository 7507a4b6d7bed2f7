"""What all receivers have in common."""

from abc import ABC, abstractmethod

from benchmarks._ingest_files import Sent


class Receiver(ABC):
    """A receiver that runs.

    Parameters
    ----------
    port
        Where it listens on loopback.
    pid
        Its process; all that receives is this one or descends from it.
    version
        What it calls itself.
    """

    def __init__(self, *, port: int, pid: int, version: str) -> None:
        self.port = port
        self.pid = pid
        self.version = version

    @abstractmethod
    def check(self, sent: Sent, *, answered_s: float) -> None:
        """Check, outside the measured time, that what was sent is what it keeps.

        Parameters
        ----------
        answered_s
            When the last answer came, by the monotonic clock.

        Raises
        ------
        AssertionError
            If it is not.
        """
