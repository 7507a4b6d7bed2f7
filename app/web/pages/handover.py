"""Check-in and handover: who comes, who leaves, and what passes from one to the other."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.directory.domain import Permission
from app.dispatch.domain.check_in import OPENS_BEFORE, STANDING, CheckInState, Signs
from app.dispatch.repository.check_in import CheckInSeat, list_check_ins
from app.dispatch.repository.notification_lists import find_last_test
from app.dispatch.service import check_in as check_ins
from app.dispatch.service import handover_answers as answers
from app.dispatch.service.telephone_test import ask_for_call
from app.pipeline.handing_over import accept_all, accept_item
from app.web.container import container_of
from app.web.handover_access import enter_item, load_handovers
from app.web.pages.case_notifications import NotificationShown, write_notifications
from app.web.pages.door import Visit, visit
from app.web.pages.rendering import is_htmx, render_page, render_part
from app.web.schemas import Key
from app.worklist.queries.takers import list_takers_named
from app.worklist.views.handovers import HandoverView, TakerNamed

router = APIRouter(prefix="/handover")

Reader = Annotated[Visit, visit(Permission.HANDOVER_READ)]
Writer = Annotated[Visit, visit(Permission.HANDOVER_WRITE)]
Present = Annotated[Visit, visit(Permission.PRESENCE_WRITE)]
Ticked = Annotated[str, Form(max_length=3)]
Reason = Annotated[str, Form(min_length=1, max_length=200)]
Note = Annotated[str, Form(max_length=500)]
Chosen = Annotated[int, Form(ge=1, le=2**63 - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverShown:
    """A handover with those to whom a thing may be offered."""

    handover: HandoverView
    takers: tuple[TakerNamed, ...]
    is_mine: bool
    """Is it whoever looks who leaves?"""
    offered_to_me: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverPage:
    """Who has checked in, and what is handed over."""

    mine: tuple[CheckInSeat, ...]
    """The check-ins of whoever looks that are not done yet."""
    check_ins: tuple[CheckInSeat, ...]
    may_be_called: bool
    """Is there a service that calls telephones?"""
    test_call: NotificationShown | None
    """The last call with which whoever looks has tested their telephone, on this guard."""
    handovers: tuple[HandoverShown, ...]


async def _load(guest: Visit) -> HandoverPage:
    radiologist_id = guest.work.actor.radiologist_id
    if radiologist_id is not None and guest.frame.may(Permission.PRESENCE_WRITE):
        await check_ins.ask_all(guest.session, now=guest.work.now, radiologist_id=radiologist_id)
    found = await list_check_ins(guest.session, now=guest.work.now)
    mine = tuple(
        each
        for each in found
        if each.check_in.radiologist_id == radiologist_id
        and CheckInState(each.check_in.state) in STANDING
    )
    return HandoverPage(
        mine=mine,
        check_ins=tuple(found),
        may_be_called=container_of(guest.request).settings.hook_url is not None,
        test_call=await _find_test_call(guest, mine),
        handovers=tuple([await _show(guest, each) for each in await load_handovers(guest.work)]),
    )


async def _find_test_call(guest: Visit, mine: tuple[CheckInSeat, ...]) -> NotificationShown | None:
    if not mine:
        return None
    own = mine[0]
    row = await find_last_test(guest.session, own.check_in.radiologist_id)
    if row is None or row.created_at < own.check_in.starts_at - OPENS_BEFORE:
        return None
    return write_notifications([(row, own.name)])[0]


async def _show(guest: Visit, handover: HandoverView) -> HandoverShown:
    own = guest.work.actor.radiologist_id
    return HandoverShown(
        handover=handover,
        takers=await list_takers_named(
            guest.session,
            at=max(handover.ends_at, guest.work.now),
            but=handover.radiologist_id,
        ),
        is_mine=handover.radiologist_id == own,
        offered_to_me=sum(
            each.to_radiologist_id == own and each.state in {"offered", "lapsed"}
            for each in handover.items
        ),
    )


@router.get("")
async def show_handover(guest: Reader) -> HTMLResponse:
    """Show who comes, who leaves, and what passes."""
    return render_page("handover/page.html", frame=guest.frame, view=await _load(guest))


@router.get("/list")
async def show_list(guest: Reader) -> HTMLResponse:
    """Show the lists alone, for the page that is open."""
    view = await _load(guest)
    return render_part("handover/page.html", "list", frame=guest.frame, view=view)


@router.post("/check-in")
async def check_in(
    guest: Present,
    sound_heard: Ticked = "",
    telephone_confirmed: Ticked = "",
    page_visible: Ticked = "",
) -> Response:
    """Keep what one has tested; the last of the three tests checks in."""
    signs = Signs(
        sound_heard=bool(sound_heard),
        telephone_confirmed=bool(telephone_confirmed),
        page_visible=bool(page_visible),
    )
    await check_ins.check_in(guest.session, signs=signs, actor=guest.work.actor, now=guest.work.now)
    return _after(guest)


@router.post("/telephone-test")
async def ask_for_test_call(guest: Present) -> Response:
    """Have one's own telephone called; the key that is pressed there tests it."""
    await ask_for_call(guest.session, actor=guest.work.actor, now=guest.work.now)
    return _after(guest)


@router.post("/{handover_id}/accept")
async def accept_every_item(handover_id: Key, guest: Writer) -> Response:
    """Accept all that is offered to oneself."""
    await accept_all(guest.session, handover_id, actor=guest.work.actor, now=guest.work.now)
    return _after(guest)


@router.post("/items/{item_id}/accept")
async def accept_one_item(item_id: Key, guest: Writer) -> Response:
    """Accept one thing."""
    await enter_item(guest.work, item_id)
    await accept_item(guest.session, item_id, actor=guest.work.actor, now=guest.work.now)
    return _after(guest)


@router.post("/items/{item_id}/refuse")
async def refuse_item(item_id: Key, guest: Writer, reason: Reason) -> Response:
    """Refuse one thing, and say why."""
    await enter_item(guest.work, item_id)
    await answers.refuse(
        guest.session, item_id, reason=reason, actor=guest.work.actor, now=guest.work.now
    )
    return _after(guest)


@router.post("/items/{item_id}/offer")
async def offer_item(
    item_id: Key, guest: Writer, radiologist_id: Chosen, note: Note = ""
) -> Response:
    """Offer one thing to a named reader."""
    await enter_item(guest.work, item_id, to_coordinate=True)
    await answers.offer(
        guest.session,
        item_id,
        to_radiologist_id=radiologist_id,
        actor=guest.work.actor,
        note=note or None,
        now=guest.work.now,
    )
    return _after(guest)


@router.post("/items/{item_id}/set-aside")
async def set_item_aside(item_id: Key, guest: Writer, reason: Reason) -> Response:
    """Say that one thing needs nobody any more."""
    await enter_item(guest.work, item_id, to_coordinate=True)
    await answers.set_aside(
        guest.session, item_id, reason=reason, actor=guest.work.actor, now=guest.work.now
    )
    return _after(guest)


def _after(guest: Visit) -> Response:
    if is_htmx(guest.request):
        return Response(status_code=204, headers={"HX-Trigger": "handover-changed"})
    return RedirectResponse("/handover", 303)
