"""The ASGI application, as a server starts it: `uvicorn --factory app.main:make_app`."""

from fastapi import FastAPI

from app.bootstrap import open_container
from app.settings import read_settings
from app.web.application import create_app


def make_app() -> FastAPI:
    """Make the application from the environment."""
    settings = read_settings()
    return create_app(lambda: open_container(settings))
