"""The sign of life: what the other side may do, on real sockets; nothing of it is raised."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from app.adapters.heartbeat.sender import HttpHeartbeat
from app.dispatch.domain.ports import Heartbeat
from tests.fakes.heartbeat import FakeHeartbeat

pytestmark = pytest.mark.asyncio
ANSWER = "HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n{more}\r\n"


class Watcher:
    """Somebody outside who answers as a test wants, and keeps what was asked."""

    def __init__(self, answer: str | None) -> None:
        self._answer = answer
        self.asked: list[str] = []
        self.served: list[asyncio.Task[None] | None] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.served.append(asyncio.current_task())
        asked = await reader.readuntil(b"\r\n\r\n")
        self.asked.append(asked.decode())
        if self._answer is None:
            await reader.read()
        else:
            writer.write(self._answer.encode())
            await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def make(kind: str, url: str) -> Heartbeat:
    return HttpHeartbeat(url) if kind == "real" else FakeHeartbeat()


@asynccontextmanager
async def watching(answer: str | None) -> AsyncIterator[tuple[Watcher, str]]:
    watcher = Watcher(answer)
    server = await asyncio.start_server(watcher.serve, "127.0.0.1", 0)
    async with server:
        yield watcher, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/secret-path"
    await asyncio.wait([each for each in watcher.served if each is not None])


@pytest.mark.parametrize("kind", ["real", "fake"])
async def test_a_sign_of_life_that_was_taken_has_no_failure(kind: str) -> None:
    async with watching(ANSWER.format(status=200, more="")) as (watcher, url):
        assert await make(kind, url).beat() is None
        # The fake asks nobody; the real one is asked beside it.
        assert await make("real", url).beat() is None

        assert all(each.startswith("GET /secret-path HTTP/1.1\r\n") for each in watcher.asked)
        assert len(watcher.asked) == (2 if kind == "real" else 1)


@pytest.mark.parametrize(
    ("status", "more", "failure"),
    [
        (204, "", None),
        (500, "", "it answers 500"),
        (404, "", "it answers 404"),
        (302, "Location: http://127.0.0.1:9/\r\n", "it answers 302"),
    ],
)
async def test_what_it_answers_is_told(status: int, more: str, failure: str | None) -> None:
    async with watching(ANSWER.format(status=status, more=more)) as (watcher, url):
        assert await HttpHeartbeat(url).beat() == failure
        assert len(watcher.asked) == 1, "a redirection is not followed"


async def test_who_does_not_answer_is_not_waited_for() -> None:
    async with watching(None) as (_, url):
        assert await HttpHeartbeat(url, longest_s=3.0).beat() == "no answer in time"


async def test_who_is_not_there_and_who_talks_nonsense_is_a_failure() -> None:
    async with watching("nonsense\r\n\r\n") as (_, url):
        assert await HttpHeartbeat(url).beat() == "RemoteProtocolError"
    assert await HttpHeartbeat(url).beat() == "ConnectError"
    assert await HttpHeartbeat("http://[::1/").beat() == "InvalidURL"
    assert await HttpHeartbeat("no address").beat() == "UnsupportedProtocol"


async def test_the_address_is_in_no_text_about_it() -> None:
    assert "secret-path" not in repr(HttpHeartbeat("http://127.0.0.1/secret-path"))
