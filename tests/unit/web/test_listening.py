"""Where the web listens: a page whose network is cut is noticed, an address in use is told."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.kit.bind import Bind
from app.kit.errors import Unavailable
from app.web.listening import LARGEST_HEAD_BYTES, UNHEARD_S, BoundedHead, open_listener


def test_a_connection_inherits_how_soon_silence_is_noticed() -> None:
    with (
        open_listener(Bind("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()),
    ):
        connection, _ = listener.accept()
        with connection:
            timeout_ms = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
            is_kept_alive = connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)

    assert timeout_ms == UNHEARD_S * 1000
    assert is_kept_alive


def test_an_address_in_use_names_the_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(
            Unavailable, match=f"127.0.0.1:{port} is in use: set ASTREINTE_HTTP_BIND"
        ):
            open_listener(Bind("127.0.0.1", port))


def test_of_two_that_start_at_once_the_second_is_refused_before_the_first_can_answer() -> None:
    with open_listener(Bind("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        with pytest.raises(Unavailable, match=f"127.0.0.1:{port} is in use"):
            open_listener(Bind("127.0.0.1", port))


def test_an_address_that_somebody_took_between_our_look_and_our_listening_is_refused() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        with open_listener(Bind("127.0.0.1", port)), pytest.raises(OSError, match="in use"):
            other.listen()


def test_an_address_that_is_not_ours_is_told() -> None:
    with pytest.raises(Unavailable, match="fails"):
        open_listener(Bind("192.0.2.1", 0))


async def count_body(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(str(len(body)))(scope, receive, send)


@asynccontextmanager
async def connect(
    app: ASGIApp = count_body,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect to a server that tells how long a body is, or does something else."""
    listener = open_listener(Bind("127.0.0.1", 0))
    config = uvicorn.Config(app, http=BoundedHead, log_config=None, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    reader, writer = await asyncio.open_connection(*listener.getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()
        server.should_exit = True
        await serving


async def ask(
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], *, head: int, body: int
) -> bytes:
    """Send a request whose head and body have about so many bytes, and read the answer."""
    reader, writer = connection
    writer.write(f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {body}\r\nX-Long: ".encode())
    writer.write(b"x" * head + b"\r\n\r\n" + b"y" * body)
    async with asyncio.timeout(10):
        answered = await reader.readuntil(b"\r\n\r\n")
        length = int(answered.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        return answered.split(b"\r\n")[0] + b" " + await reader.readexactly(length)


@pytest.mark.asyncio
async def test_a_body_may_be_longer_than_a_head_and_the_next_request_has_its_own() -> None:
    async with connect() as connection:
        for body in (3 * LARGEST_HEAD_BYTES, 0, LARGEST_HEAD_BYTES):
            answer = await ask(connection, head=LARGEST_HEAD_BYTES // 2, body=body)

            assert answer == b"HTTP/1.1 200 OK %d" % body


@pytest.mark.asyncio
async def test_a_head_without_an_end_is_refused_and_its_connection_closed() -> None:
    async with connect() as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nX-Long: " + b"x" * (LARGEST_HEAD_BYTES + 1))
        async with asyncio.timeout(10):
            answer = await reader.read()

    assert answer.startswith(b"HTTP/1.1 400 ")


_CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "unending",
    [b"0\r\n" + b"a: b\r\n", b"0\r\na: " + b"b" * 6, b"1;" + b"x" * 6],
    ids=["trailers", "one trailer", "an extension of a chunk"],
)
async def test_what_stands_beside_the_chunks_of_a_body_has_an_end_too(unending: bytes) -> None:
    first, more = unending[:-6], unending[-6:]
    async with connect() as (reader, writer):
        writer.write(_CHUNKED + first)
        async with asyncio.timeout(10):
            # Refused while it still speaks: the answer may be lost.
            with suppress(ConnectionError):
                while True:
                    writer.write(more * 10_000)
                    await writer.drain()
                    await asyncio.sleep(0)

    assert writer.transport.is_closing() or reader.at_eof()


@pytest.mark.asyncio
async def test_a_trailer_is_no_header() -> None:
    said: list[tuple[bytes, bytes]] = []

    async def keep_headers(scope: Scope, receive: Receive, send: Send) -> None:
        said.extend(scope["headers"])
        await count_body(scope, receive, send)

    async with connect(keep_headers) as (reader, writer):
        writer.write(_CHUNKED + b"1\r\ny\r\n0\r\nX-Forwarded-Proto: https\r\n\r\n")
        async with asyncio.timeout(10):
            answer = await reader.readuntil(b"\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"x-forwarded-proto" not in dict(said)
