"""What societies cede to each other or exchange: agreed here, and withdrawn from a date on."""

from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from app.directory.domain import Permission
from app.kit.errors import Conflict, Invalid
from app.planning.domain.seats import GuardLine, KindOfSeat, SeatKind
from app.planning.service import cessions as service
from app.web.pages.cessions_view import LINES, STANDINGS, CessionsPage, load_page
from app.web.pages.door import Visit, visit
from app.web.pages.rendering import render_page
from app.web.schemas import LARGEST_KEY, Key

router = APIRouter(prefix="/planning/cessions")

Reader = Annotated[Visit, visit(Permission.VOLUME_READ)]
Writer = Annotated[Visit, visit(Permission.PLANNING_WRITE)]
Id = Annotated[int, Field(ge=1, le=LARGEST_KEY)]
Code = Annotated[str, Field(max_length=40, pattern=r"^[a-z0-9_]*$")]
Number = Annotated[str, Field(pattern=r"^\s*[0-9]{0,4}\s*$")]
_DAY = timedelta(days=1)
_INVALID = 422


class CessionForm(BaseModel):
    """What is agreed, as it is typed; `last` is the last day on which it holds."""

    model_config = ConfigDict(frozen=True)

    giver: Id
    taker: Id
    segment: Code
    line: GuardLine | SeatKind = GuardLine.FIRST
    seats: Annotated[int, Field(ge=0, le=1000)]
    returned: Code = ""
    returned_seats: Number = ""
    since: date
    last: date | Literal[""] = ""
    note: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""

    def read(self) -> service.Agreed:
        """Read it as the use case does."""
        line, kind = LINES[self.line.value]
        return service.Agreed(
            giver=self.giver,
            taker=self.taker,
            of=KindOfSeat(self.segment, line, kind),
            seats=self.seats,
            start=self.since,
            end=self.last + _DAY if self.last else None,
            returned=self.returned or None,
            returned_seats=int(self.returned_seats) if self.returned_seats.strip() else None,
            note=self.note.strip(),
        )


@router.get("")
async def show_cessions(guest: Reader) -> HTMLResponse:
    """Show what is agreed, what was, and what was withdrawn."""
    return _render(guest, await load_page(guest))


@router.post("")
async def agree(guest: Writer, form: Annotated[CessionForm, Form()]) -> Response:
    """Agree on a cession or an exchange; what is refused stays as it was typed."""
    try:
        await service.agree_cession(
            guest.session, form.read(), actor=guest.work.actor, now=guest.work.now
        )
    except (Invalid, Conflict) as error:
        typed = {name: str(value) for name, value in form.model_dump(mode="json").items()}
        view = await load_page(guest, typed=typed, refused=error.message)
        return _render(guest, view, status=_INVALID)
    return RedirectResponse("/planning/cessions", 303)


@router.post("/{cession_id}/withdraw")
async def withdraw(cession_id: Key, guest: Writer, since: Annotated[date, Form()]) -> Response:
    """Withdraw a cession for the periods that begin from a date on."""
    try:
        await service.withdraw_cession(
            guest.session, cession_id, since=since, actor=guest.work.actor, now=guest.work.now
        )
    except (Invalid, Conflict) as error:
        view = await load_page(guest, refused=error.message)
        return _render(guest, view, status=_INVALID)
    return RedirectResponse("/planning/cessions", 303)


def _render(guest: Visit, view: CessionsPage, *, status: int = 200) -> HTMLResponse:
    return render_page(
        "planning/cessions.html", frame=guest.frame, view=view, status=status, standings=STANDINGS
    )
