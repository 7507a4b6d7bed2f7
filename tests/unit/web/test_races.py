"""Which requests are done again when they lost a race."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from app.web.races import LOST_RACE, Races

pytestmark = pytest.mark.asyncio


class Loser:
    """Loses its first race; counts how often it is asked."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 503 when the race is lost, else 204."""
        self.times += 1
        await receive()
        status = 204
        if self.times == 1:
            scope[LOST_RACE] = True
            status = 503
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def ask(method: str, **content: object) -> tuple[int, int]:
    loser = Loser()
    transport = httpx.ASGITransport(app=Races(loser))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.request(method, "/", **content)  # type: ignore[arg-type]
    return answer.status_code, loser.times


@pytest.mark.parametrize(
    ("method", "content"),
    [("POST", {"json": {}}), ("PUT", {"content": b"x"}), ("DELETE", {}), ("POST", {})],
)
async def test_a_short_change_is_done_again_also_one_without_a_body(
    method: str, content: dict[str, object]
) -> None:
    assert await ask(method, **content) == (204, 2)


@pytest.mark.parametrize(
    ("method", "content"),
    [
        ("GET", {}),
        ("POST", {"content": b" " * 100_000}),
        # A file is written before the answer: it would be there twice.
        ("POST", {"files": {"file": ("a.pdf", b"%PDF", "application/pdf")}}),
    ],
)
async def test_what_reads_is_long_or_carries_a_file_is_answered_as_it_went(
    method: str, content: dict[str, object]
) -> None:
    assert await ask(method, **content) == (503, 1)


async def test_a_body_of_unknown_length_is_not_kept() -> None:
    async def stream() -> AsyncIterator[bytes]:
        yield b"x"

    assert await ask("POST", content=stream()) == (503, 1)
