"""Who sends: the rules that name the site of its studies, and who is let in for some hours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.directory.domain import Permission
from app.directory.domain.site_rules import CRITERIA
from app.directory.models import AdmissionPass, Sender, Site, SiteRule
from app.directory.repository.admission_passes import list_passes
from app.directory.repository.organisations import list_sites
from app.directory.repository.senders import list_senders
from app.directory.repository.site_rules import list_site_rules
from app.directory.service import site_rules
from app.directory.service.admission_passes import end_admission
from app.pipeline.admissions import let_in
from app.web.pages.door import Visit, visit
from app.web.pages.rendering import render_page
from app.web.pages.texts import N_
from app.web.schemas import LARGEST_KEY, Key

router = APIRouter(prefix="/settings/senders")

Reader = Annotated[Visit, visit(Permission.SENDER_READ)]
Writer = Annotated[Visit, visit(Permission.SENDER_WRITE)]
Admitter = Annotated[Visit, visit(Permission.SENDER_ADMIT)]
Id = Annotated[int, Form(ge=1, le=LARGEST_KEY)]
Rank = Annotated[int, Form(ge=1, le=1_000_000)]
# One line, as the API takes it: no control character.
Name = Annotated[str, Form(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
_MOST = 500

LABELS: Mapping[str, str] = {
    "institution_name": N_("Institution"),
    "issuer_of_patient_id": N_("Issuer"),
    "station_name": N_("Station"),
    "calling_ae_title": N_("Calling AE title"),
}
"""What a rule may look for, in the order of the page; a test wants all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderShown:
    """A sender with its rules, in the order in which they are tried, and its passes in force."""

    sender: Sender
    rules: Sequence[SiteRule]
    passes: Sequence[AdmissionPass]

    @property
    def next_rank(self) -> int:
        """A rank behind the last one."""
        return max((rule.rank for rule in self.rules), default=0) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SendersPage:
    """The senders of the sites in one's scope."""

    senders: tuple[SenderShown, ...]
    site_names: Mapping[int, str]
    labels: Mapping[str, str]
    may_write: bool
    may_admit: bool


@router.get("")
async def show_senders(guest: Reader) -> HTMLResponse:
    """Show who sends, how its sites are found, and who is let in."""
    scope = guest.work.scope(Permission.SENDER_READ)
    passes = await list_passes(
        guest.session, scope=scope, now=guest.work.now, limit=_MOST, after=None
    )
    senders = await list_senders(guest.session, scope=scope, limit=_MOST, after=None)
    page = SendersPage(
        senders=tuple([await _show(guest, each, passes=passes) for each in senders]),
        site_names=await _name_sites(guest),
        labels=LABELS,
        may_write=guest.work.scope(Permission.SENDER_WRITE).everything,
        may_admit=guest.frame.may(Permission.SENDER_ADMIT),
    )
    return render_page("senders/page.html", frame=guest.frame, view=page)


async def _show(guest: Visit, sender: Sender, *, passes: Sequence[AdmissionPass]) -> SenderShown:
    rules = await list_site_rules(guest.session, sender_id=sender.id, limit=_MOST, after=None)
    mine = [each for each in passes if each.sender_id == sender.id]
    return SenderShown(sender=sender, rules=rules, passes=mine)


async def _name_sites(guest: Visit) -> dict[int, str]:
    scope = guest.work.scope(Permission.DIRECTORY_READ)
    sites: list[Site] = await list_sites(guest.session, scope=scope, limit=_MOST, after=None)
    return {each.id: each.name for each in sorted(sites, key=lambda each: each.name)}


def _back() -> Response:
    return RedirectResponse("/settings/senders", 303)


@router.post("/{sender_id}/rules")
async def add_rule(
    sender_id: Key,
    guest: Writer,
    rank: Rank,
    site_id: Id,
    institution_name: Name = "",
    issuer_of_patient_id: Name = "",
    station_name: Name = "",
    calling_ae_title: Name = "",
) -> Response:
    """Add a rule; it speaks of the studies that arrive from now on."""
    typed = (institution_name, issuer_of_patient_id, station_name, calling_ae_title)
    criteria = {name: text.strip() or None for name, text in zip(CRITERIA, typed, strict=True)}
    row = await site_rules.create_site_rule(
        guest.session,
        actor=guest.work.actor,
        sender_id=sender_id,
        values={"rank": rank, "site_id": site_id, "domain_id": None, **criteria},
    )
    guest.work.note_access("create", subject="site_rule", subject_id=row.id)
    return _back()


@router.post("/{sender_id}/rules/{rule_id}/delete")
async def delete_rule(sender_id: Key, rule_id: Key, guest: Writer) -> Response:
    """Delete a rule; studies keep the site they have."""
    await site_rules.delete_site_rule(
        guest.session, actor=guest.work.actor, sender_id=sender_id, rule_id=rule_id
    )
    guest.work.note_access("delete", subject="site_rule", subject_id=rule_id)
    return _back()


@router.post("/{sender_id}/passes")
async def give_pass(
    sender_id: Key, guest: Admitter, calling_ae_title: Name, address: Name
) -> Response:
    """Let a title of one of the sender's addresses in for 12 hours."""
    row = await let_in(
        guest.session,
        actor=guest.work.actor,
        sender_id=sender_id,
        calling_ae_title=calling_ae_title,
        address=address.strip(),
        now=guest.work.now,
    )
    guest.work.note_access("create", subject="admission_pass", subject_id=row.id)
    return _back()


@router.post("/passes/{pass_id}/end")
async def end_pass(pass_id: Key, guest: Admitter) -> Response:
    """End a pass before its time; associations that are open go on."""
    await end_admission(guest.session, actor=guest.work.actor, pass_id=pass_id, now=guest.work.now)
    guest.work.note_access("end", subject="admission_pass", subject_id=pass_id)
    return _back()
