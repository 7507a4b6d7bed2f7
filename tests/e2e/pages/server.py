"""The web application on a free port, in a thread of this process."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import uvicorn
from pydantic import SecretStr

from app.bootstrap import open_container
from app.settings import Settings
from tests.factories.applications import ReusedApplication

Result = TypeVar("Result")


def run(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine beside the browser's own loop, which holds this thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


@contextmanager
def serve(database_url: str, *, folder: Path) -> Iterator[str]:
    """Serve the application, as `astreinte web` does, and give its origin."""
    settings = Settings(
        database_url=SecretStr(database_url),
        data_dir=folder,
        secret_key=SecretStr("a secret key of the tests, long enough"),
    )
    with ExitStack() as stack:
        app = stack.enter_context(_make_application().lend(lambda: open_container(settings)))
        config = uvicorn.Config(
            app, host="127.0.0.1", port=0, log_config=None, ws="none", timeout_graceful_shutdown=1
        )
        server = _Announcing(config)
        thread = threading.Thread(target=server.run, name="web")
        thread.start()
        stack.callback(_stop, server, thread)
        if not server.ready.wait(30) or not server.started:
            msg = "the web application did not start"
            raise RuntimeError(msg)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"


@cache
def _make_application() -> ReusedApplication:
    return ReusedApplication()


def _stop(server: uvicorn.Server, thread: threading.Thread) -> None:
    server.should_exit = True
    thread.join(30)


class _Announcing(uvicorn.Server):
    """A server that says when it listens, or will never."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: Any = None) -> None:
        try:
            await super().startup(sockets=sockets)
        finally:
            self.ready.set()
