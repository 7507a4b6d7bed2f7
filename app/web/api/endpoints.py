"""Nodes that we send to: are they there?"""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from app.delivery.domain.outcomes import Outcome
from app.delivery.service.echo import EchoResult
from app.directory.domain import Permission
from app.kit.errors import Conflict, NotFound
from app.web.dependencies import Work, needs
from app.web.echoing import echo_late
from app.web.errors import raises
from app.web.schemas import Key, View

router = APIRouter(prefix="/endpoints", tags=["directory"])

Writer = Annotated[Work, needs(Permission.SENDER_WRITE)]


class EchoView(View):
    """What became of a C-ECHO."""

    outcome: Outcome
    """`accepted`: the node is there and knows us."""
    status: int | None
    """That it gave (PS3.7 annex C)."""
    detail: str
    lasted_ms: int


def _answer(result: EchoResult) -> Response:
    return JSONResponse(EchoView.model_validate(result).model_dump(mode="json"))


@router.post("/{endpoint_id}/echo", response_model=EchoView, responses=raises(NotFound, Conflict))
async def echo_endpoint(endpoint_id: Key, request: Request, work: Writer) -> Response:
    """Ask a node whether it is there (C-ECHO), in our name; at most ten seconds, one at a time."""
    return await echo_late(request, work, endpoint_id, answer=_answer)
