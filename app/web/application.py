"""The web application: what surrounds each request, the API, and the pages."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI

from app.delivery.service.echo import Echoes
from app.kit.clock import read_monotonic_s
from app.web import health
from app.web.api import make_api
from app.web.container import Container
from app.web.errors import install_errors
from app.web.live_rows import serve_rows
from app.web.metrics import HttpMetrics
from app.web.middleware import BodyLimit, RequestContext
from app.web.openapi import install_openapi
from app.web.pages import install_pages
from app.web.pages.faults import PageFaults
from app.web.pages.problems import render_problem
from app.web.presence_keeper import serve_presence
from app.web.races import Races
from app.web.sight import Looks
from app.web.worklist_hub import serve_hub
from app.worklist.queries.row_book import RowBook

OpenContainer = Callable[[], AbstractAsyncContextManager[Container]]
"""Opens what the process holds, and closes it at the end."""


def create_app(open_container: OpenContainer) -> FastAPI:
    """Make the application; what it needs is opened when the server starts, or raises."""

    @asynccontextmanager
    async def live(app: FastAPI) -> AsyncIterator[None]:
        async with (
            open_container() as container,
            serve_presence(container) as keeper,
            serve_hub(container.engine.url) as hub,
            serve_rows(container, hub, book := RowBook()),
        ):
            app.state.container = container
            app.state.row_book = book
            app.state.presence = keeper
            app.state.looks = Looks(container)
            app.state.worklist_hub = hub
            app.state.echoes = Echoes(container.peers, read_monotonic_s=read_monotonic_s)
            yield

    app = FastAPI(
        title="Astreinte",
        version="1",
        description="On-call dispatch of emergency teleradiology.",
        lifespan=live,
        docs_url=None,
        redoc_url=None,
    )
    app.state.metrics = HttpMetrics()
    app.include_router(health.router)
    app.include_router(make_api())
    install_pages(app)
    install_errors(app, render=render_problem)
    install_openapi(app)
    # The last one added is the outermost.
    app.add_middleware(PageFaults)
    app.add_middleware(Races)
    app.add_middleware(BodyLimit)
    app.add_middleware(RequestContext, metrics=app.state.metrics)
    return app
