"""What all receivers have in common."""

from abc import ABC, abstractmethod

from benchmarks._store_files import Slices


class Receiver(ABC):
    """A receiver that runs.

    Parameters
    ----------
    port
        Where it listens on loopback.
    version
        What it calls itself.
    """

    def __init__(self, *, port: int, version: str) -> None:
        self.port = port
        self.version = version

    @abstractmethod
    def check(self, sent: Slices) -> None:
        """Check, outside the measured time, that what was sent is what it keeps.

        Raises
        ------
        AssertionError
            If it is not.
        """
