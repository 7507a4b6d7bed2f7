"""Somebody outside who waits for a sign of life: the fake of `Heartbeat`."""

from dataclasses import dataclass


@dataclass
class FakeHeartbeat:
    """Counts the signs of life, and cannot be reached while `failure` says why."""

    failure: str | None = None
    beats: int = 0

    async def beat(self) -> str | None:
        """Take a sign of life."""
        if self.failure is None:
            self.beats += 1
        return self.failure
