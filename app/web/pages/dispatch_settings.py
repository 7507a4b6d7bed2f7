"""The parameters of dispatch: what is in force, since when and by whom, and how it is changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import FormData

from app.db.session import unit_of_work
from app.directory.domain import Permission
from app.directory.domain.errors import InvalidField
from app.dispatch.domain.policy import Parameters, Ring
from app.dispatch.domain.policy.parameters import PRIORITIES
from app.dispatch.service.parameters import (
    ParametersInForce,
    Tried,
    list_versions,
    read_parameters,
    set_parameters,
    try_parameters,
)
from app.dispatch.service.read_times import find_version
from app.web.container import container_of
from app.web.dependencies import find_before, let_in
from app.web.pages.door import SentForm, Visit, note_frame, visit
from app.web.pages.rendering import render_page
from app.web.pages.texts import N_

router = APIRouter(prefix="/settings/dispatch")

Reader = Annotated[Visit, visit(Permission.SETTING_READ)]
Writer = Annotated[Visit, visit(Permission.SETTING_WRITE)]
_PAST = 20
_LONGEST = 500

RINGS: Mapping[Ring, str] = MappingProxyType(
    {
        Ring.REFERENT: N_("Referent society"),
        Ring.TERRITORY: N_("Same territory"),
        Ring.GCS: N_("Rest of the group"),
        Ring.OUTSIDE: N_("From outside the group"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What is set for one priority: fields of the form by name, with their minutes."""

    priority: str
    affinity: tuple[tuple[str, float], ...]
    """By ring, nearest first; none where life is at stake."""
    bonus: tuple[str, float]
    ageing: tuple[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchPage:
    """The set in force, those before it, and on how many reads the expected times rest."""

    in_force: ParametersInForce
    rows: tuple[Row, ...]
    rings: tuple[str, ...]
    """English; the template translates them."""
    past: tuple[ParametersInForce, ...]
    read_count: int
    may_write: bool


@router.get("")
async def show_parameters(guest: Reader) -> HTMLResponse:
    """Show the parameters in force and those before."""
    in_force = await read_parameters(guest.session)
    table, _ = await find_version(guest.session)
    page = DispatchPage(
        in_force=in_force,
        rows=tuple(_make_row(priority, in_force.parameters) for priority in PRIORITIES),
        rings=tuple(RINGS.values()),
        past=tuple(await list_versions(guest.session, limit=_PAST)),
        read_count=0 if table is None else table.read_count,
        may_write=guest.frame.may(Permission.SETTING_WRITE),
    )
    return render_page("settings/dispatch.html", frame=guest.frame, view=page)


def _make_row(priority: str, parameters: Parameters) -> Row:
    rings = parameters.affinity.get(priority, {})
    return Row(
        priority=priority,
        affinity=tuple(
            (_name(priority, ring.value), rings[ring]) for ring in Ring if ring in rings
        ),
        bonus=(_name(priority, "bonus"), parameters.bonus[priority]),
        ageing=(_name(priority, "ageing"), parameters.ageing[priority]),
    )


def _name(priority: str, what: str) -> str:
    return f"{priority}-{what}"


async def _try(request: Request, form: SentForm) -> Tried:
    caller, now = await find_before(request)
    note_frame(request, caller=caller, now=now)
    let_in(caller, permission=Permission.SETTING_WRITE)
    async with unit_of_work(container_of(request).sessions) as session:
        in_force = await read_parameters(session)
    return await try_parameters(_read(form, in_force.parameters), based_on=in_force.version)


@router.post("")
async def change_parameters(
    # Named before the visit: nights are simulated before its transaction is opened.
    tried: Annotated[Tried, Depends(_try)],
    form: SentForm,
    guest: Writer,
) -> Response:
    """Set the parameters from now on; sub-specialties stay as they are."""
    note = form.get("note")
    await set_parameters(
        guest.session,
        tried,
        note=note[:_LONGEST] if isinstance(note, str) else "",
        actor=guest.work.actor,
        now=guest.work.now,
    )
    return RedirectResponse("/settings/dispatch", 303)


def _read(form: FormData, before: Parameters) -> Parameters:
    return Parameters(
        affinity={
            priority: {ring: _number(form, _name(priority, ring.value)) for ring in Ring}
            for priority in PRIORITIES[1:]
        },
        bonus={each: _number(form, _name(each, "bonus")) for each in PRIORITIES},
        ageing={each: _number(form, _name(each, "ageing")) for each in PRIORITIES},
        hourly_cap=round(_number(form, "hourly_cap")),
        closing_minutes=_number(form, "closing_minutes"),
        specialties=before.specialties,
    )


def _number(form: FormData, name: str) -> float:
    text = form.get(name)
    try:
        number = float(text.replace(",", ".")) if isinstance(text, str) else None
    except ValueError:
        number = None
    if number is None or not abs(number) < float("inf"):
        raise InvalidField(name, "a number")
    return number
