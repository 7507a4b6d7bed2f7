"""The bench that the tests of jobs share."""

import pytest

from app.adapters.documents.renderer import TypstDicomRenderer
from app.db.clock import SetClock
from app.db.session import Sessions
from app.settings import read_settings
from scheduler.job import Bench
from tests.fakes.receiver import FakeSender


@pytest.fixture
def bench(sessions: Sessions, clock: SetClock) -> Bench:
    """Give what jobs work with, and nobody to send to; who needs more overrides this."""
    return Bench(
        settings=read_settings({}),
        sessions=sessions,
        clock=clock,
        peers=FakeSender(),
        renderer=TypstDicomRenderer(),
    )
