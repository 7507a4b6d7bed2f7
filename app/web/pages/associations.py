"""Who called, and what became of it: the page to open when "it does not arrive"."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from app.directory.domain import Permission
from app.directory.domain.addresses import check_networks
from app.directory.domain.errors import InvalidField
from app.directory.models import Sender, Site
from app.directory.repository.senders import list_senders
from app.directory.service.senders import load_sender
from app.intake.models import Association
from app.intake.repository.association_lists import (
    AssociationFilter,
    find_association,
    list_associations,
)
from app.kit.interval import Interval
from app.web.api.associations import AssociationUnknown
from app.web.pages.association_view import (
    AssociationShown,
    ContextShown,
    describe_own_entry,
    find_owners,
    read_taken,
    show_association,
    show_contexts,
)
from app.web.pages.association_words import OUTCOMES, advise, say_reason
from app.web.pages.door import Visit, visit
from app.web.pages.rendering import is_htmx, render_page, render_part

router = APIRouter(prefix="/settings/associations")

Reader = Annotated[Visit, visit(Permission.ASSOCIATION_READ)]
SenderWanted = Annotated[str, Query(pattern=r"^([0-9]{0,18}|nobody)$")]
OutcomeWanted = Literal["", "open", "released", "aborted", "lost", "refused"]
Typed = Annotated[str, Query(max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$")]
Minute = Annotated[str, Query(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2})?$")]
_TEMPLATE = "associations/page.html"
_PAGE = 50
_MOST_SENDERS = 500
_FIRST, _LAST_YEAR = datetime(2000, 1, 1, tzinfo=UTC), 2100


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The filter as it was typed."""

    sender_id: str
    outcome: str
    address: str
    ae_title: str
    since: str
    until: str
    troubled: str

    def read(self, *, zone: ZoneInfo, now: datetime) -> AssociationFilter:
        """Read it.

        Raises
        ------
        InvalidField
            If the address is none, or the period does not end after it starts.
        """
        address = self.address.strip()
        return AssociationFilter(
            opened=self._read_period(zone=zone, now=now),
            outcome=self.outcome or None,
            sender_id=int(self.sender_id) if self.sender_id.isdecimal() else None,
            by_nobody=self.sender_id == "nobody",
            address=check_networks([address], field="address")[0] if address else None,
            ae_title=self.ae_title.strip() or None,
            troubled=bool(self.troubled),
        )

    def _read_period(self, *, zone: ZoneInfo, now: datetime) -> Interval | None:
        if not self.since and not self.until:
            return None
        start = _read_minute(self.since, zone=zone, field="since") or _FIRST
        end = _read_minute(self.until, zone=zone, field="until") or now + timedelta(days=1)
        if end <= start:
            raise InvalidField("until", "a period must end after it starts")
        return Interval(start, end)


def _read_minute(text: str, *, zone: ZoneInfo, field: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError:
        raise InvalidField(field, "this is no day and time") from None
    if not _FIRST.year <= at.year < _LAST_YEAR:
        raise InvalidField(field, "this is a day before 2000 or after 2099")
    return at


def _read_wanted(
    *,
    sender_id: SenderWanted = "",
    outcome: OutcomeWanted = "",
    address: Typed = "",
    ae_title: Typed = "",
    since: Minute = "",
    until: Minute = "",
    troubled: Literal["", "yes"] = "",
) -> Wanted:
    return Wanted(
        sender_id=sender_id,
        outcome=outcome,
        address=address,
        ae_title=ae_title,
        since=since,
        until=until,
        troubled=troubled,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """A page of the log, newest first.

    Parameters
    ----------
    query
        Of the filter, as it stands in the address.
    is_newest
        Does it follow what comes?
    fault
        Why what was typed finds nothing.
    """

    lines: tuple[AssociationShown, ...]
    wanted: Wanted
    query: Mapping[str, str]
    senders: tuple[Sender, ...]
    outcomes: tuple[str, ...]
    older_than: UUID | None
    is_newest: bool
    fault: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociationPage:
    """One association with all that is known of it."""

    line: AssociationShown
    contexts: tuple[ContextShown, ...]
    sender: Sender | None
    owners: Sequence[Sender]
    """Whose its address is, when it is of nobody."""
    advice: str
    note: str


@router.get("")
async def show_associations(
    guest: Reader,
    wanted: Annotated[Wanted, Depends(_read_wanted)],
    before: UUID | None = None,
) -> HTMLResponse:
    """Show who called, newest first; the newest page follows what comes."""
    found: list[Association] = []
    fault = None
    try:
        found = await list_associations(
            guest.session,
            scope=guest.work.scope(Permission.ASSOCIATION_READ),
            wanted=wanted.read(zone=guest.frame.zone, now=guest.work.now),
            limit=_PAGE + 1,
            before=before,
        )
    except InvalidField as error:
        fault = error.message
    senders = await _list_senders(guest)
    names = {each.id: each.name for each in senders}
    page = LogPage(
        lines=tuple(show_association(each, names=names) for each in found[:_PAGE]),
        wanted=wanted,
        query=_write_query(wanted),
        senders=tuple(sorted(senders, key=lambda each: each.name)),
        outcomes=tuple(OUTCOMES),
        older_than=found[_PAGE - 1].id if len(found) > _PAGE else None,
        is_newest=before is None,
        fault=fault,
    )
    if is_htmx(guest.request):
        return render_part(_TEMPLATE, "log", frame=guest.frame, view=page)
    return render_page(
        _TEMPLATE, frame=guest.frame, view=page, status=200 if fault is None else 422
    )


def _write_query(wanted: Wanted) -> dict[str, str]:
    names = ("sender_id", "outcome", "address", "ae_title", "since", "until", "troubled")
    return {name: value for name in names if (value := getattr(wanted, name))}


async def _list_senders(guest: Visit) -> list[Sender]:
    scope = guest.work.scope(Permission.ASSOCIATION_READ)
    return await list_senders(guest.session, scope=scope, limit=_MOST_SENDERS, after=None)


@router.get("/{association_id}")
async def show_one(association_id: UUID, guest: Reader) -> HTMLResponse:
    """Show what was proposed in an association, what was refused, and what to do about it."""
    scope = guest.work.scope(Permission.ASSOCIATION_READ)
    row = await find_association(guest.session, association_id, scope=scope)
    if row is None:
        raise AssociationUnknown(f"there is no association {association_id}")
    sender, site = await _load_sender(guest, row)
    senders = await _list_senders(guest)
    texts = guest.frame.texts
    page = AssociationPage(
        line=show_association(row, names={each.id: each.name for each in senders}),
        contexts=show_contexts(row, taken=read_taken(sender, site)),
        sender=sender,
        owners=find_owners(str(row.address), senders) if sender is None else (),
        advice=write_advice(guest, row) if row.outcome == "refused" else "",
        note=say_reason(row.reason, texts=texts),
    )
    return render_page("associations/details.html", frame=guest.frame, view=page)


async def _load_sender(guest: Visit, row: Association) -> tuple[Sender | None, Site | None]:
    if row.sender_id is None:
        return None, None
    return await load_sender(guest.session, sender_id=row.sender_id)


def write_advice(guest: Visit, row: Association) -> str:
    """Say what to do about a refusal, with its own titles and address."""
    entry = describe_own_entry(guest.work.container.settings)
    return advise(
        row.reason,
        texts=guest.frame.texts,
        values={
            "calling": row.calling_ae_title or "?",
            "called": row.called_ae_title or "?",
            "address": row.address,
            "certificate": row.certificate_name or "?",
            "titles": ", ".join(entry.titles),
        },
    )
