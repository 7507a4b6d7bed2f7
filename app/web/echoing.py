"""C-ECHO to a node for somebody who waits, outside the transaction of their request."""

from collections.abc import Callable

from fastapi import Request, Response

from app.delivery.service.echo import Echoes, EchoResult, find_target
from app.directory.domain import Permission
from app.web.dependencies import Work
from app.web.late import LateResponse


async def echo_late(
    request: Request,
    work: Work,
    endpoint_id: int,
    *,
    answer: Callable[[EchoResult], Response],
) -> LateResponse:
    """Find the node now, ask it once the transaction has ended, and answer with what it said.

    Raises
    ------
    NodeUnknown
        If there is no such node.
    """
    work.require(Permission.SENDER_WRITE)
    to = await find_target(work.session, endpoint_id)
    work.note_access("echo", subject="endpoint", subject_id=endpoint_id)
    echoes: Echoes = request.app.state.echoes

    async def make() -> Response:
        return answer(await echoes.ask(endpoint_id, to=to))

    return LateResponse(make)
