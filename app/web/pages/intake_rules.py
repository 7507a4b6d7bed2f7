"""How the studies of a hospital are classed, and what its rules would have done last month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import FormData

from app.directory.domain import Permission
from app.directory.domain.errors import InvalidField
from app.directory.models import Site
from app.directory.service.sites import load_site
from app.intake.domain.classes import IntakeClass
from app.intake.domain.rule_sets import Effect
from app.intake.service.rule_sets import (
    NearlyNoCase,
    RuleSetView,
    list_rule_sets,
    preview,
    save_rules,
)
from app.web.pages.door import Visit, visit
from app.web.pages.rendering import render_page
from app.web.pages.texts import N_
from app.web.schemas import Key

router = APIRouter(prefix="/no-case/rules")

Reader = Annotated[Visit, visit(Permission.SENDER_READ)]
Writer = Annotated[Visit, visit(Permission.SENDER_WRITE)]
_PAST = 20
_BLANK_ROWS = 2
_MOST_RULES = 200
_MOST_DIGITS = 18
_CONFLICT, _INVALID = 409, 422

CRITERIA: Mapping[str, str] = {
    "called_ae_title": N_("Called AE title"),
    "calling_ae_title": N_("Calling AE title"),
    "sender_id": N_("Sender number"),
    "modality": N_("Modality"),
    "words": N_("Words of the description"),
    "older_than_hours": N_("Older than, hours"),
    "patient_id": N_("Patient ID, * for anything"),
    "patient_name": N_("Patient name, * for anything"),
    "station_name": N_("Station"),
}
"""What a rule may look for, in the order of the page; a test wants all of them."""
_NUMBERS = frozenset({"sender_id", "older_than_hours"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesPage:
    """The rules of a hospital as typed, and their effect once it was asked for.

    Parameters
    ----------
    rules
        By criterion; the last ones are blank, to be filled.
    refused
        Why the rules are not saved.
    to_confirm
        They are saved when somebody insists.
    """

    site: Site
    rules: tuple[Mapping[str, object], ...]
    note: str
    classes: tuple[str, ...]
    criteria: Mapping[str, str]
    effect: Effect | None
    refused: str | None
    to_confirm: bool
    past: Sequence[RuleSetView]
    may_write: bool


@router.get("/{site_id}")
async def show_rules(site_id: Key, guest: Reader) -> HTMLResponse:
    """Show the rules in force, and those before."""
    site = await load_site(guest.session, site_id=site_id)
    guest.work.require(Permission.SENDER_READ, site_id=site.id, society_id=site.society_id)
    past = await list_rule_sets(guest.session, site_id, limit=_PAST)
    return await _render(guest, site, rules=past[0].rules if past else ())


@router.post("/{site_id}")
async def change_rules(site_id: Key, request: Request, guest: Writer) -> Response:
    """Show the effect of rules, or save them; what would ring nobody any more is asked twice."""
    site = await load_site(guest.session, site_id=site_id)
    guest.work.require(Permission.SENDER_WRITE, site_id=site.id, society_id=site.society_id)
    form = await request.form()
    rules, note = read_rules(form), str(form.get("note", ""))
    settings = guest.work.container.settings
    effect = None
    try:
        effect = await preview(guest.session, site_id, rules, settings=settings, now=guest.work.now)
        if form.get("do") != "save":
            return await _render(guest, site, rules=rules, note=note, effect=effect)
        await save_rules(
            guest.session,
            site_id,
            rules=rules,
            note=note,
            confirmed=form.get("confirmed") == "yes",
            actor=guest.work.actor,
            settings=settings,
            now=guest.work.now,
        )
    except (NearlyNoCase, InvalidField) as error:
        return await _render(guest, site, rules=rules, note=note, effect=effect, refused=error)
    return RedirectResponse(f"/no-case/rules/{site_id}", 303)


async def _render(
    guest: Visit,
    site: Site,
    *,
    rules: Sequence[Mapping[str, object]],
    note: str = "",
    effect: Effect | None = None,
    refused: NearlyNoCase | InvalidField | None = None,
) -> HTMLResponse:
    to_confirm = isinstance(refused, NearlyNoCase)
    page = RulesPage(
        site=site,
        rules=(*rules, *({} for _ in range(_BLANK_ROWS))),
        note=note,
        classes=tuple(IntakeClass),
        criteria=CRITERIA,
        effect=effect,
        refused=None if refused is None else refused.message,
        to_confirm=to_confirm or (effect is not None and effect.is_suspicious),
        past=await list_rule_sets(guest.session, site.id, limit=_PAST),
        may_write=guest.frame.may(Permission.SENDER_WRITE),
    )
    status = 200 if refused is None else _CONFLICT if to_confirm else _INVALID
    return render_page("no_case/rules.html", frame=guest.frame, view=page, status=status)


def read_rules(form: FormData) -> list[dict[str, object]]:
    """Read the rows of the form in their order; one in which nothing is looked for is left out."""
    rules = []
    for row in range(_MOST_RULES):
        intake_class = form.get(f"{row}-intake_class")
        if intake_class is None:
            break
        typed = {name: str(form.get(f"{row}-{name}", "")).strip() for name in CRITERIA}
        looked_for = {name: _read(name, text) for name, text in typed.items() if text}
        if looked_for:
            rules.append({"intake_class": str(intake_class), **looked_for})
    return rules


def _read(name: str, text: str) -> object:
    # What is no number of a row stays a text: the check of the rules says what is wrong with it.
    is_number = name in _NUMBERS and text.isdecimal() and len(text) <= _MOST_DIGITS
    return int(text) if is_number else text
