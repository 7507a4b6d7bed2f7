"""What can wait a moment gives way to what offers cases, and gets on all the same."""

import asyncio

import pytest

from scheduler.precedence import Precedence


@pytest.mark.asyncio
async def test_nobody_waits_while_nobody_goes_first() -> None:
    await asyncio.wait_for(Precedence().give_way(longest_s=3600), 10)


@pytest.mark.asyncio
async def test_who_gives_way_waits_until_all_who_go_first_are_done() -> None:
    precedence = Precedence()
    with precedence.going_first():
        with precedence.going_first():
            giving_way = asyncio.create_task(precedence.give_way(longest_s=3600))
        await asyncio.sleep(0)
        assert not giving_way.done()

    await asyncio.wait_for(giving_way, 10)


@pytest.mark.asyncio
async def test_who_gives_way_gets_on_while_others_go_first_for_ever() -> None:
    precedence = Precedence()

    with precedence.going_first():
        await asyncio.wait_for(precedence.give_way(longest_s=0.01), 10)


@pytest.mark.asyncio
async def test_an_error_of_who_goes_first_holds_up_nobody() -> None:
    precedence = Precedence()

    with pytest.raises(ValueError, match="it failed"), precedence.going_first():
        raise ValueError("it failed")

    await asyncio.wait_for(precedence.give_way(longest_s=3600), 10)
