"""One's own guards: seats to come, swaps on either side, and an address for one's calendar."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from app import pipeline
from app.directory.domain import Permission
from app.kit.errors import Invalid
from app.planning.domain.agenda import Subject
from app.planning.domain.sharing.postings import CreditRule
from app.planning.domain.swaps import SwapAction
from app.planning.service import agendas, editing, swap_moves, swaps
from app.web.pages.door import Visit, visit
from app.web.pages.mine_load import Person, find_person, load_mine
from app.web.pages.mine_view import Choice, MinePage, list_to_come
from app.web.pages.mine_words import ABSENCE_KINDS, SWAP_STATES, WEIGHTS, WISH_KINDS
from app.web.pages.rendering import render_page
from app.web.schemas import LARGEST_KEY, Key

router = APIRouter(prefix="/planning/mine")

Swapper = Annotated[Visit, visit(Permission.SWAP_WRITE)]
Of = Annotated[int | None, Query(ge=1, le=LARGEST_KEY)]
Typed = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
TypedReason = Annotated[str, Form(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
YesOrNothing = Literal["", "yes"]
Verb = Literal["refuse", "withdraw", "step-back"]
_ACTIONS: Mapping[Verb, SwapAction] = MappingProxyType(
    {
        "refuse": SwapAction.REFUSE,
        "withdraw": SwapAction.WITHDRAW,
        "step-back": SwapAction.STEP_BACK,
    }
)


def show_mine(guest: Visit, page: MinePage, *, status: int = 200) -> HTMLResponse:
    """Show the page of a radiologist."""
    answer = render_page(
        "mine/page.html",
        frame=guest.frame,
        view=page,
        status=status,
        states=SWAP_STATES,
        absence_kinds=ABSENCE_KINDS,
        wish_kinds=WISH_KINDS,
        weights=WEIGHTS,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def lead_back(person: Person, *, to: str = "") -> Response:
    """Lead back to the page of a radiologist after a change."""
    query = "" if person.on_behalf_of is None else f"?of={person.id}"
    return RedirectResponse(f"/planning/mine{query}{to}", 303)


@router.get("")
async def show_page(guest: Swapper, of: Of = None) -> HTMLResponse:
    """Show one's own guards, or those of somebody for whom one may speak."""
    person = await find_person(guest, of)
    return show_mine(guest, await load_mine(guest, person))


class OfferForm(BaseModel):
    """A seat that is offered, as it is typed; nobody named: to all of the society."""

    model_config = ConfigDict(frozen=True)

    seat: Annotated[int, Field(ge=1, le=LARGEST_KEY)]
    to: Typed = ""
    against: YesOrNothing = ""
    counter: Annotated[str, Field(pattern=r"^[0-9]{0,18}$")] = ""
    credit: CreditRule | Literal[""] = ""
    approval: YesOrNothing = ""
    note: Typed = ""

    def read(self, *, addressed: int | None) -> swaps.Offer:
        """Read it as the use case does."""
        return swaps.Offer(
            seat=self.seat,
            addressed=addressed,
            counter_seat=int(self.counter) if self.against and self.counter else None,
            needs_approval=bool(self.approval),
            credit=self.credit or None,
            note=self.note.strip(),
        )


@router.post("/swaps")
async def offer_seat(guest: Swapper, form: Annotated[OfferForm, Form()], of: Of = None) -> Response:
    """Offer a seat; against one of a colleague's, these are shown first."""
    person = await find_person(guest, of)
    typed = form.to.strip()
    addressed = await editing.find_by_name(guest.session, typed) if typed else None
    if form.against and not form.counter:
        return await _ask_which(guest, person, form=form, addressed=addressed)
    await swaps.offer_swap(
        guest.session,
        form.read(addressed=addressed),
        actor=guest.work.actor,
        now=guest.work.now,
        today=guest.work.today,
        on_behalf_of=person.on_behalf_of,
    )
    return lead_back(person, to="#offering")


async def _ask_which(
    guest: Visit, person: Person, *, form: OfferForm, addressed: int | None
) -> HTMLResponse:
    """Ask which of a colleague's seats comes back."""
    if addressed is None:
        raise Invalid("name the colleague who shall give a seat back")
    held = await list_to_come(guest, addressed)
    choice = Choice(
        fields=form.model_dump(mode="json", exclude={"counter"}),
        name=form.to.strip(),
        seats=[each for each in held if each.interval.start > guest.work.now],
    )
    return show_mine(guest, replace(await load_mine(guest, person), choice=choice))


@router.post("/swaps/{swap_id}/take")
async def take_seat(swap_id: Key, guest: Swapper, of: Of = None) -> Response:
    """Take what is offered: in force at once, unless a planner must approve."""
    person = await find_person(guest, of)
    moved = await swap_moves.accept_swap(
        guest.session,
        swap_id,
        actor=guest.work.actor,
        now=guest.work.now,
        today=guest.work.today,
        on_behalf_of=person.on_behalf_of,
    )
    for event in moved.published:
        await pipeline.planning_published(guest.session, event)
    return lead_back(person)


@router.post("/swaps/{swap_id}/{verb}")
async def take_back(
    swap_id: Key, verb: Verb, guest: Swapper, reason: TypedReason = "", of: Of = None
) -> Response:
    """Say no to an offer, take one's own back, or step back from one that one has taken."""
    person = await find_person(guest, of)
    await swap_moves.take_back(
        guest.session,
        swap_id,
        _ACTIONS[verb],
        actor=guest.work.actor,
        now=guest.work.now,
        today=guest.work.today,
        on_behalf_of=person.on_behalf_of,
        reason=reason.strip(),
    )
    return lead_back(person)


@router.post("/calendar")
async def add_address(guest: Swapper, of: Of = None) -> HTMLResponse:
    """Make an address at which a calendar reads these guards; it is shown this once."""
    person = await find_person(guest, of)
    _, secret = await agendas.add_feed(
        guest.session,
        subject=Subject(radiologist_id=person.id),
        actor=guest.work.actor,
        now=guest.work.now,
    )
    address = str(guest.request.base_url.replace(path=f"/calendars/{secret}/guards.ics"))
    return show_mine(guest, replace(await load_mine(guest, person), address=address))


@router.post("/calendar/{feed_id}/revoke")
async def revoke_address(feed_id: Key, guest: Swapper, of: Of = None) -> Response:
    """Let an address be read no more."""
    person = await find_person(guest, of)
    await agendas.revoke_feed(guest.session, feed_id, actor=guest.work.actor, now=guest.work.now)
    return lead_back(person, to="#calendar")
