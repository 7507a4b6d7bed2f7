"""A service that calls telephones: in memory, and on a real socket; the fakes of `Caller`."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from app.delivery.domain.hook import Call, CallResult
from app.delivery.domain.outcomes import Outcome

ANSWER = "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"


@dataclass
class FakeCaller:
    """Keeps whom it is asked to call; `outcome` is what it answers."""

    outcome: Outcome = Outcome.ACCEPTED
    detail: str = ""
    calls: list[Call] = field(default_factory=list)
    held: asyncio.Event | None = None
    """Answers once it is set; nothing: at once."""
    is_asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def call(self, call: Call) -> CallResult:
        """Take a call, and answer as told."""
        self.calls.append(call)
        self.is_asked.set()
        if self.held is not None:
            await self.held.wait()
        return CallResult(self.outcome, self.detail)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came."""

    headers: dict[str, str]
    body: bytes


def accept(asked: Asked) -> tuple[int, bytes]:
    """Answer as the contract wants it."""
    reference = json.loads(asked.body)["reference"]
    return 200, json.dumps({"reference": reference, "accepted": True}).encode()


class HookServer:
    """The service on a socket of this machine; it answers as a test wants, or not at all."""

    def __init__(self, answer: Callable[[Asked], tuple[int, bytes]] | None) -> None:
        self._answer = answer
        self.asked: list[Asked] = []
        self.served: list[asyncio.Task[None] | None] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request."""
        self.served.append(asyncio.current_task())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head.splitlines()[1:])
        }
        asked = Asked(headers, await reader.readexactly(int(headers["content-length"])))
        self.asked.append(asked)
        if self._answer is None:
            await reader.read()
        else:
            status, body = self._answer(asked)
            writer.write(ANSWER.format(status=status, length=len(body)).encode() + body)
            with suppress(ConnectionError):
                await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@asynccontextmanager
async def open_hook(
    answer: Callable[[Asked], tuple[int, bytes]] | None = accept,
) -> AsyncIterator[HookServer]:
    """Open the service; without an answer it takes requests and stays silent."""
    hook = HookServer(answer)
    server = await asyncio.start_server(hook.serve, "127.0.0.1", 0)
    hook.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/calls"
    async with server:
        yield hook
    await asyncio.gather(*(each for each in hook.served if each is not None))
