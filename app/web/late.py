"""An answer that is made after the transaction of its request has ended.

What waits for the network must not hold a transaction open: the unit of work of a route is
committed when the route returns, and what it returns is called afterwards.
"""

from collections.abc import Awaitable, Callable

from fastapi import Response
from starlette.types import Receive, Scope, Send


class LateResponse(Response):
    """A response that is made when it is sent.

    Parameters
    ----------
    make
        Makes the response itself; its errors are answered as any other of the route.
    """

    def __init__(self, make: Callable[[], Awaitable[Response]]) -> None:
        super().__init__()
        self._make = make

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Make the response, and send it."""
        response = await self._make()
        await response(scope, receive, send)
