"""Somebody waits for a node's answer: not for ever, and not twice at once."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest

from app.delivery.domain.outcomes import Outcome
from app.delivery.domain.ports import Destination, FileToSend, SendResult
from app.delivery.service.echo import Echoes, EchoUnderWay, TooManyEchoes
from tests.fakes.receiver import FakeNode, FakeSender

NODE = Destination("NODE", "127.0.0.1", 104)


class SilentSender:
    """Calls nodes that answer only when they are let."""

    def __init__(self) -> None:
        self.let = asyncio.Event()
        self.calls = 0

    def store(
        self, files: Sequence[FileToSend], *, to: Destination
    ) -> AsyncGenerator[SendResult, None]:
        """Refuse: nobody here stores."""
        raise NotImplementedError

    async def echo(self, *, to: Destination) -> SendResult:
        """Wait."""
        self.calls += 1
        await self.let.wait()
        return SendResult("", Outcome.ACCEPTED, 0)


class Ticking:
    """A clock that goes a quarter of a second on at each look."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        """Read it."""
        self.now_s += 0.25
        return self.now_s


@pytest.mark.asyncio
async def test_the_answer_of_a_node_comes_with_its_milliseconds() -> None:
    echoes = Echoes(FakeSender({"NODE": FakeNode()}), read_monotonic_s=Ticking())

    result = await echoes.ask(1, to=NODE)

    assert (result.outcome, result.status, result.lasted_ms) == (Outcome.ACCEPTED, 0, 250)


@pytest.mark.asyncio
async def test_who_asks_a_silent_node_waits_no_longer_than_the_bound() -> None:
    sender = SilentSender()
    echoes = Echoes(sender, read_monotonic_s=Ticking(), longest_s=0.01)

    result = await echoes.ask(1, to=NODE)

    assert (result.outcome, result.status) == (Outcome.UNREACHABLE, None)
    sender.let.set()


@pytest.mark.asyncio
async def test_a_node_is_asked_once_at_a_time_also_after_somebody_gave_up() -> None:
    sender = SilentSender()
    echoes = Echoes(sender, read_monotonic_s=Ticking(), longest_s=0.01)
    await echoes.ask(1, to=NODE)

    with pytest.raises(EchoUnderWay):
        await echoes.ask(1, to=NODE)
    sender.let.set()
    await asyncio.sleep(0.01)
    again = await echoes.ask(1, to=NODE)

    assert again.outcome is Outcome.ACCEPTED
    assert sender.calls == 2


@pytest.mark.asyncio
async def test_when_many_nodes_are_being_asked_another_one_has_to_wait() -> None:
    sender = SilentSender()
    echoes = Echoes(sender, read_monotonic_s=Ticking(), longest_s=0.01)
    await asyncio.gather(*(echoes.ask(each, to=NODE) for each in range(4)))

    with pytest.raises(TooManyEchoes):
        await echoes.ask(9, to=NODE)
    sender.let.set()
