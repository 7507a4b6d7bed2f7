"""The ASGI application, as a server starts it: `uvicorn --factory app.main:make_app`."""

import gc

from fastapi import FastAPI

from app.bootstrap import open_container
from app.settings import read_settings
from app.web.application import create_app


def make_app() -> FastAPI:
    """Make the application from the environment."""
    settings = read_settings()
    app = create_app(lambda: open_container(settings))
    # What was made by now stays: to look through it for garbage stops all pages each time for as
    # long as a tenth of a second.
    gc.collect()
    gc.freeze()
    return app
