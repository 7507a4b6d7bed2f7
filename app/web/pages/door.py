"""The door of a page: the caller's unit of work, and the frame in their language."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData

from app.directory.domain import Permission
from app.web.auth import Caller
from app.web.dependencies import AnyonesUnit, FoundCaller, Needs, Work
from app.web.pages.rendering import Frame, frame_of, is_htmx


@dataclass(frozen=True, slots=True)
class Visit:
    """A unit of work of somebody who looks at a page."""

    request: Request
    work: Work
    frame: Frame

    @property
    def session(self) -> AsyncSession:
        """The session of the transaction."""
        return self.work.session


def note_frame(request: Request, *, caller: Caller | None, now: datetime) -> Frame:
    """Keep the frame for the page of an error, which knows nothing but the request."""
    frame = frame_of(request, caller=caller, now=now)
    request.state.frame = frame
    return frame


async def _note_frame(request: Request, unit: AnyonesUnit, caller: FoundCaller) -> Frame:
    return note_frame(request, caller=caller, now=unit.now)


AnyonesFrame = Annotated[Frame, Depends(_note_frame, scope="function")]
"""The frame of whoever looks, signed in or not."""


async def _note_strangers_frame(request: Request, unit: AnyonesUnit) -> Frame:
    return note_frame(request, caller=None, now=unit.now)


StrangersFrame = Annotated[Frame, Depends(_note_strangers_frame, scope="function")]
"""The frame of somebody who is about to sign in, whatever cookie their browser still sends."""


def visit(permission: Permission | None = None, *, before_enrolment: bool = False) -> Any:  # noqa: ANN401 - what FastAPI's Depends returns
    """Ask for a visit of somebody who holds the permission in whatever scope.

    Parameters
    ----------
    permission
        What the page does; absent: being signed in is enough.
    before_enrolment
        Also open to those who have yet to enrol their second factor.
    """
    door = Needs(permission, before_enrolment=before_enrolment)

    async def enter(
        request: Request,
        frame: AnyonesFrame,
        work: Annotated[Work, Depends(door, scope="function")],
    ) -> Visit:
        return Visit(request=request, work=work, frame=frame)

    return Depends(enter, scope="function")


async def _open_form(request: Request) -> AsyncIterator[FormData]:
    async with request.form() as form:
        yield form


SentForm = Annotated[FormData, Depends(_open_form, scope="function")]
"""A form whose fields the page reads by itself; named before the visit, so that whatever the door
says, its files are closed."""


def after_action(guest: Visit, case_id: int) -> Response:
    """Answer what was done to a case: the page looks again, or is loaded again."""
    if is_htmx(guest.request):
        return Response(status_code=204, headers={"HX-Trigger": "worklist-changed"})
    return RedirectResponse(f"/cases/{case_id}", 303)
