"""Handshakes on a socket of the loopback, with asyncio's own loop and the gateway's."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest
import uvloop

from app.commands.authority import Authority
from dicom_gateway.admission import RefusalReason
from dicom_gateway.handshakes import Handshakes, find_fault
from dicom_gateway.tls import open_server_contexts
from tests.factories.certificates import issue, make_authority, write_files, write_pair


class Greeter(asyncio.Protocol):
    """Says a word to who comes through."""

    def __init__(self, held: list[asyncio.BaseTransport]) -> None:
        self._held = held

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._held.append(transport)
        cast("asyncio.Transport", transport).write(b"welcome")


@dataclass
class Door:
    """A port with handshakes, and what was told of them."""

    authority: Authority
    folder: Path
    port: int = 0
    now_s: float = 0.0
    refused: list[tuple[str, RefusalReason]] = field(default_factory=list)

    def make_context(self, *, shown: Authority | None) -> ssl.SSLContext:
        cadata = self.authority.own.write_certificate().decode()
        context = ssl.create_default_context(cadata=cadata)
        if shown is not None:
            pair = write_pair(self.folder, issue(shown, "ct1"), name="client")
            context.load_cert_chain(*pair)
        return context

    async def call(self, context: ssl.SSLContext) -> bytes:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, ssl=context, server_hostname="localhost"
        )
        try:
            return await reader.read(100)
        except (ssl.SSLError, ConnectionError):
            # With TLS 1.3 a client is done before the server has looked at its certificate.
            return b""
        finally:
            writer.close()

    async def wait_for_refusals(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.refused) < count:  # noqa: ASYNC110 - told by a callback
                await asyncio.sleep(0.01)


@asynccontextmanager
async def open_door(folder: Path, *, most: int = 512) -> AsyncIterator[Door]:
    door = Door(make_authority(), folder)
    held: list[asyncio.BaseTransport] = []
    contexts = open_server_contexts(write_files(folder, door.authority))
    with socket.create_server(("127.0.0.1", 0), backlog=600) as listening:
        door.port = listening.getsockname()[1]
        handshakes = Handshakes(
            listening,
            contexts=contexts,
            make_protocol=lambda: Greeter(held),
            note_refused=lambda address, reason: door.refused.append((address, reason)),
            most=most,
            read_monotonic=lambda: door.now_s,
        )
        handshakes.start()
        yield door
        await handshakes.close()
        for each in held:
            each.close()


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def runner(request: pytest.FixtureRequest) -> "Callable[[], asyncio.Runner]":
    return lambda: asyncio.Runner(loop_factory=request.param)


Run = Callable[[], asyncio.Runner]


def test_who_shows_a_certificate_comes_through(tmp_path: Path, runner: Run) -> None:
    async def act() -> None:
        async with open_door(tmp_path) as door:
            assert await door.call(door.make_context(shown=door.authority)) == b"welcome"
            assert door.refused == []

    with runner() as run:
        run.run(act())


def test_a_failed_handshake_is_told_with_its_reason_and_hurts_nobody(
    tmp_path: Path, runner: Run
) -> None:
    async def act() -> None:
        async with open_door(tmp_path) as door:
            for shown in (None, make_authority("Stranger")):
                assert await door.call(door.make_context(shown=shown)) == b""
            await door.wait_for_refusals(2)

            assert door.refused == [
                ("127.0.0.1", RefusalReason.TLS_NO_CERTIFICATE),
                ("127.0.0.1", RefusalReason.TLS_UNTRUSTED),
            ]
            assert await door.call(door.make_context(shown=door.authority)) == b"welcome"

    with runner() as run:
        run.run(act())


def test_who_speaks_nothing_that_we_speak_is_told(tmp_path: Path, runner: Run) -> None:
    async def act() -> None:
        async with open_door(tmp_path) as door:
            context = door.make_context(shown=door.authority)
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers("ECDHE-RSA-AES128-SHA")
            with suppress(ssl.SSLError, ConnectionError):
                await door.call(context)
            await door.wait_for_refusals(1)

            assert door.refused == [("127.0.0.1", RefusalReason.TLS_NOTHING_SHARED)]

    with runner() as run:
        run.run(act())


def test_plain_words_are_told_once_a_minute(tmp_path: Path, runner: Run) -> None:
    async def speak_plainly(door: Door) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(b"\x01\x00\x00\x00\x00\xcd\x00\x01\x00\x00ASTREINTE")
        await reader.read()
        writer.close()

    async def act() -> None:
        async with open_door(tmp_path) as door:
            for now_s in (0.0, 1.0, 59.0, 61.0):
                door.now_s = now_s
                await speak_plainly(door)
            await door.wait_for_refusals(2)

            assert door.refused == [("127.0.0.1", RefusalReason.TLS_NOT_SPOKEN)] * 2

    with runner() as run:
        run.run(act())


def test_five_hundred_that_say_nothing_hold_nobody_up_and_are_no_news(
    tmp_path: Path, runner: Run
) -> None:
    async def act() -> None:
        async with open_door(tmp_path) as door:
            silent = [socket.socket() for _ in range(500)]
            for each in silent:
                each.settimeout(0)
                each.connect_ex(("127.0.0.1", door.port))
            async with asyncio.timeout(5):
                assert await door.call(door.make_context(shown=door.authority)) == b"welcome"
            for each in silent:
                each.close()
            assert door.refused == []

    with runner() as run:
        run.run(act())


def test_one_too_many_takes_the_place_of_the_one_that_waits_longest(
    tmp_path: Path, runner: Run
) -> None:
    async def act() -> None:
        async with open_door(tmp_path, most=2) as door:
            silent = [await asyncio.open_connection("127.0.0.1", door.port) for _ in range(3)]
            async with asyncio.timeout(5):
                with suppress(ConnectionResetError):
                    assert await silent[0][0].read() == b""
            assert not any(reader.at_eof() for reader, _ in silent[1:])
            for _, writer in silent:
                writer.close()

    with runner() as run:
        run.run(act())


def test_closing_drops_those_that_are_under_way(tmp_path: Path, runner: Run) -> None:
    async def act() -> None:
        async with open_door(tmp_path) as door:
            reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
            await asyncio.sleep(0.05)
        async with asyncio.timeout(5):
            with suppress(ConnectionResetError):
                assert await reader.read() == b""
        writer.close()

    with runner() as run:
        run.run(act())


@pytest.mark.parametrize("error", (ConnectionResetError(), TimeoutError(), ssl.SSLEOFError()))
def test_who_only_leaves_is_no_fault(error: BaseException) -> None:
    assert find_fault(error) is None
