"""The web application on a real socket, in this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn

from app.adapters.documents.tables import TypstTablePrinter
from app.db.clock import SetClock
from app.db.engine import make_engine
from app.db.session import make_sessions
from app.directory.service.secrets import SecretBox
from app.kit.bind import Bind
from app.settings import Settings
from app.web.application import create_app
from app.web.container import Container
from app.web.listening import BoundedHead, open_listener
from tests.fakes.receiver import FakeSender


@asynccontextmanager
async def serve(database_url: str, clock: SetClock) -> AsyncIterator[str]:
    """Serve the application on a free port for as long as the block lasts, and stop as told."""

    @asynccontextmanager
    async def open_container() -> AsyncIterator[Container]:
        engine = make_engine(database_url)
        yield Container(
            settings=Settings(),
            engine=engine,
            sessions=make_sessions(engine),
            own_sessions=make_sessions(engine),
            clock=clock,
            box=SecretBox("a secret key of this test only", purpose="totp"),
            peers=FakeSender(),
            table_printer=TypstTablePrinter(),
        )
        await engine.dispose()

    listener = open_listener(Bind("127.0.0.1", 0))
    config = uvicorn.Config(
        create_app(open_container),
        http=BoundedHead,
        log_config=None,
        ws="none",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        assert not task.done(), "the server did not start"
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
