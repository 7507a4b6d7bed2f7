"""The streams of many pages of the worklist, at little cost: they share the machine with it.

Each page has its connection and takes every byte; what many are sent alike is understood once.
"""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, cast

OPEN = b"HTTP/1.1 200 "
_OWN_ROW = re.compile(
    r'<tr id="case-\d+"[^>]*?data-for-me="yes".*?class="open"[^>]*>[^<]*?(\d{6})<', re.DOTALL
)
_HEAD_END, _LINE_END, _EVENT_END = b"\r\n\r\n", b"\r\n", b"\n\n"
_LOOK, _ROWS = "event: worklist", "event: rows"
_KEPT = 256


class Heard(NamedTuple):
    """What some bytes of a stream say, and how many of them: the last may be of half a chunk."""

    own: frozenset[str]
    """The studies of rows that are for who looks."""
    asks_to_look: bool
    read_bytes: int


@lru_cache(_KEPT)
def hear(content: bytes) -> Heard:
    """Read the whole chunks at the beginning of some bytes; each holds whole events.

    Raises
    ------
    ValueError
        If one holds half an event.
    """
    at, events = 0, ""
    while (line_end := content.find(_LINE_END, at)) >= 0:
        begin = line_end + len(_LINE_END)
        end = begin + int(content[at:line_end], 16)
        if len(content) < end + len(_LINE_END):
            break
        chunk = content[begin:end]
        if not chunk.endswith(_EVENT_END):
            raise ValueError(f"a chunk of {len(chunk)} bytes holds half an event, or ends a stream")
        events += chunk.decode()
        at = end + len(_LINE_END)
    said = [event.partition("\n") for event in events.split("\n\n")]
    rows = [json.loads(data.removeprefix("data: ")) for kind, _, data in said if kind == _ROWS]
    own = (find_own(html) for each in rows for html in each["rows"].values() if html)
    return Heard(frozenset().union(*own), any(kind == _LOOK for kind, _, _ in said), at)


def find_own(html: str) -> frozenset[str]:
    """Find the studies of the rows that are for who looks."""
    return frozenset(_OWN_ROW.findall(html))


@dataclass(frozen=True, slots=True)
class Ears:
    """What a stream tells its page.

    Parameters
    ----------
    on_open
        It was answered, and stands.
    on_heard
        Something was said.
    on_lost
        It has ended.
    """

    on_open: Callable[[], None]
    on_heard: Callable[[Heard], None]
    on_lost: Callable[[Exception | None], None]


class Stream(asyncio.Protocol):
    """The connection of one stream.

    Parameters
    ----------
    path
        Where it is asked for.
    headers
        Of its request.
    ears
        Who listens.
    """

    def __init__(self, path: str, *, headers: Mapping[str, str], ears: Ears) -> None:
        lines = (f"{name}: {value}\r\n" for name, value in headers.items())
        self._request = f"GET {path} HTTP/1.1\r\n{''.join(lines)}\r\n".encode()
        self._ears = ears
        self._is_open = False
        self._unread = b""

    async def connect(self, host: str, port: int) -> asyncio.Transport:
        """Open it; who has enough of it aborts the transport."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(lambda: self, host, port)
        return transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for it."""
        # uvloop's are no subclass.
        cast("asyncio.Transport", transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        """Take some bytes of it."""
        content = self._unread + data
        if not self._is_open:
            head, found, content = content.partition(_HEAD_END)
            if not found:
                self._unread = head
                return
            if not head.startswith(OPEN):
                raise ConnectionError(head.partition(_LINE_END)[0].decode())
            self._is_open = True
            self._ears.on_open()
        heard = hear(content)
        self._unread = content[heard.read_bytes :]
        self._ears.on_heard(heard)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell that it has ended."""
        self._ears.on_lost(exc)
