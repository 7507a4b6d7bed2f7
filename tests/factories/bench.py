"""What jobs work with, in tests."""

from typing import Any

from app.adapters.documents.renderer import TypstDicomRenderer
from app.db.clock import Clock
from app.db.session import Sessions
from app.settings import read_settings
from scheduler.job import Bench
from tests.fakes.receiver import FakeSender


def make_bench(sessions: Sessions, clock: Clock, **more: Any) -> Bench:
    """Make a bench by the default settings, with nobody to send to; `more` adds or replaces."""
    own: dict[str, Any] = {
        "settings": read_settings({}),
        "peers": FakeSender(),
        "renderer": TypstDicomRenderer(),
    }
    return Bench(sessions=sessions, clock=clock, **own | more)
