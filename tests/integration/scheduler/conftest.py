"""The bench that the tests of jobs share."""

import pytest

from app.db.clock import SetClock
from app.db.session import Sessions
from scheduler.job import Bench
from tests.factories.bench import make_bench


@pytest.fixture
def bench(sessions: Sessions, clock: SetClock) -> Bench:
    """Give what jobs work with, and nobody to send to; who needs more overrides this."""
    return make_bench(sessions, clock)
