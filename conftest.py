"""Plugins of the whole suite; the fixtures stand in tests/conftest.py."""

import structlog
from hypothesis import settings

pytest_plugins = ["tests.plugins.strict", "tests.plugins.names", "tests.plugins.order"]

# A busy machine is slow now and then; a test that is too slow shows in the suite's own time.
settings.register_profile("astreinte", deadline=None)
# What `make soak` plays for longer: `pytest --hypothesis-profile=soak`.
settings.register_profile("soak", deadline=None)
settings.load_profile("astreinte")

# As it comes, structlog draws an error with the source and the locals of each of its frames: one to
# two seconds of a core for each that is logged. What a program says of an error, app.logs decides.
_DRAWING = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
structlog.configure(processors=[*structlog.get_config()["processors"][:-1], _DRAWING])
