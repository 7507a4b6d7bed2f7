"""What is to happen, in the order of its time."""

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

Action = Callable[[], None]


class VirtualClock:
    """Stands still between two events; what is set for one instant happens in the order it was set.

    Times are minutes since the start of the night.
    """

    def __init__(self) -> None:
        self.at = 0.0
        self._events: list[tuple[float, int, Action]] = []
        self._numbers = count()

    def set(self, at: float, action: Action) -> None:
        """Let something happen at a time, or now when it is past."""
        heappush(self._events, (max(at, self.at), next(self._numbers), action))

    def run(self) -> None:
        """Let everything happen."""
        while self._events:
            self.at, _, action = heappop(self._events)
            action()
