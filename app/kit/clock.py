"""The one place that reads this host's clock.

Business time is the database's (`app.db.clock`); the host's is for the gateway, which must stamp
arrivals while there is no database, and for measuring waits.
"""

import time
from datetime import UTC, datetime


def read_host_clock() -> datetime:
    """Read the wall clock of this host, as an aware instant in UTC."""
    return datetime.now(UTC)


def read_monotonic_s() -> float:
    """Read a clock that never goes back, in seconds from an arbitrary origin."""
    return time.monotonic()
