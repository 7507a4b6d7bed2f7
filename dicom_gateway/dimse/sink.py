"""Where the data set of a message goes, fragment by fragment."""

from typing import Protocol


class Sink(Protocol):
    """Takes the data set of one request; no method raises."""

    def write(self, fragment: memoryview) -> None:
        """Take the next bytes; they are gone when it returns."""
        ...

    def finish(self) -> None:
        """Respond, now or later: the data set is whole."""
        ...

    def give_up(self) -> None:
        """Forget it: the association ended before it was whole."""
        ...
