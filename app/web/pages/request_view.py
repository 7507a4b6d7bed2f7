"""What the pages of requests show to whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.repository import find_case_of_request
from app.directory.domain import Actor, Permission, may
from app.directory.models import Site
from app.planning.service.on_call import on_call
from app.requests import service as requests
from app.requests.domain.content import CHANGEABLE_AFTER_DECISION
from app.requests.domain.states import ACCEPTED, STANDING, RequestState
from app.requests.domain.summary import RequestSummary
from app.requests.repository import requests as repository
from app.web.pages.door import Visit
from app.web.pages.request_words import PROTOCOLS, HistoryEntry, write_history


@dataclass(frozen=True, slots=True)
class SiteChoice:
    """A hospital that somebody may ask for."""

    site_id: int
    name: str
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPage:
    """The form of a new request, or of one that is changed."""

    sites: tuple[SiteChoice, ...]
    site_id: int | None
    typed: Mapping[str, str]
    faults: Mapping[str, str] = field(default_factory=dict)
    latest_birth: str = ""
    """Today, for a newborn."""
    key: str = ""
    case_id: int | None = None
    request_id: int | None = None
    version: int = 0
    decided: bool = False
    may_decide: bool = False
    protocol: str = ""
    file_lost: bool = False
    """A file was chosen, and has to be chosen again."""

    def value(self, name: str) -> str:
        """Give what was typed into a field."""
        return self.typed.get(name, "")

    def is_fixed(self, name: str) -> bool:
        """Can this field no longer change, since a radiologist decided on it?"""
        return self.decided and name not in CHANGEABLE_AFTER_DECISION

    @property
    def more_is_open(self) -> bool:
        """Is there something to see among the fields that are not mandatory?"""
        names = ("context", "allergy", "renal_function", "patient_id", "accession_number")
        return self.request_id is not None or any(
            self.value(name) or name in self.faults for name in (*names, "expected_count", "file")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestActions:
    """What who looks may do now; the use cases judge again."""

    decide: bool
    decide_if_on_guard: bool
    """They could decide, were they on guard."""
    amend: bool
    cancel: bool
    attach: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPage:
    """All that the page of a request shows."""

    summary: RequestSummary
    site: SiteChoice
    telephone: str
    zone: ZoneInfo
    may: RequestActions
    history: tuple[HistoryEntry, ...]
    case_id: int | None
    protocols: tuple[str, ...]
    typed: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """Give what was typed into a field of the decision."""
        return self.typed.get(name, "")


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request in a list."""

    summary: RequestSummary
    site: SiteChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestsPage:
    """The lists of requests."""

    to_decide: tuple[RequestRow, ...]
    awaited: tuple[RequestRow, ...]
    """Accepted, and no image has come."""
    settled: tuple[RequestRow, ...]
    may_request: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPanel:
    """The requests of a case, for the place beside its images."""

    summaries: tuple[RequestSummary, ...]
    zone: ZoneInfo


async def load_panel(
    session: AsyncSession, request_ids: Sequence[int], *, zone: ZoneInfo
) -> RequestPanel:
    """Read the requests that a case answers; the caller checks the case and logs the view."""
    summaries = await requests.load_summaries(session, request_ids)
    return RequestPanel(summaries=summaries, zone=zone)


async def is_on_guard(session: AsyncSession, actor: Actor, *, guest: Visit) -> bool:
    """Tell whether somebody holds a seat now."""
    seats = (await on_call(session, guest.work.now)).seats
    readers = {seat.reader.radiologist_id for seat in seats if seat.reader is not None}
    return actor.radiologist_id in readers


async def load_request_page(
    guest: Visit,
    request_id: int,
    *,
    typed: Mapping[str, str] | None = None,
    faults: Mapping[str, str] | None = None,
) -> RequestPage:
    """Read a request for whoever looks; the caller has let them in."""
    session, texts = guest.session, guest.frame.texts
    (summary,) = await requests.load_summaries(session, [request_id])
    site = await session.get_one(Site, summary.site_id)
    return RequestPage(
        summary=summary,
        site=SiteChoice(site.id, site.name, site.zone),
        telephone=site.telephone_emergency,
        zone=ZoneInfo(site.zone),
        may=await _find_actions(guest, summary, site=site),
        history=write_history(await repository.list_events(session, request_id), texts=texts),
        case_id=await find_case_of_request(session, request_id),
        protocols=tuple(texts.gettext(each) for each in PROTOCOLS),
        typed=typed or {},
        faults=faults or {},
    )


async def _find_actions(guest: Visit, summary: RequestSummary, *, site: Site) -> RequestActions:
    actor = guest.work.actor

    def allowed(permission: Permission) -> bool:
        return may(actor, permission, society_id=site.society_id, site_id=site.id)

    waits = summary.state is RequestState.REQUESTED
    decides = waits and actor.radiologist_id is not None and allowed(Permission.REQUEST_DECIDE)
    on_guard = decides and await is_on_guard(guest.session, actor, guest=guest)
    writes = allowed(Permission.REQUEST_WRITE) and summary.state in STANDING
    return RequestActions(
        decide=on_guard,
        decide_if_on_guard=decides and not on_guard,
        amend=writes,
        cancel=writes and summary.images_at is None,
        attach=writes and len(summary.attachments) < requests.MOST_ATTACHMENTS,
    )


async def list_rows(guest: Visit, summaries: Sequence[RequestSummary]) -> tuple[RequestRow, ...]:
    """Put the names of their hospitals to requests."""
    wanted = select(Site).where(Site.id.in_({each.site_id for each in summaries}))
    sites = {
        site.id: SiteChoice(site.id, site.name, site.zone)
        for site in await guest.session.scalars(wanted)
    }
    return tuple(RequestRow(each, sites[each.site_id]) for each in summaries)


def is_decided(state: str) -> bool:
    """Tell whether a radiologist wants the exam."""
    return state in ACCEPTED
