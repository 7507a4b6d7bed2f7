"""The log of associations, as received."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from app.directory.domain import Permission
from app.directory.domain.addresses import check_networks
from app.intake.domain.negotiated import read_contexts
from app.intake.domain.throughput import measure_throughput
from app.intake.models import Association
from app.intake.repository import association_lists as lists
from app.kit.errors import NotFound
from app.web.api.instants import WantedInterval
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page
from app.web.schemas import LARGEST_KEY, View
from app.web.uids import name_uid

router = APIRouter(tags=["arrivals"])

LogReader = Annotated[Work, needs(Permission.ASSOCIATION_READ)]
WantedKey = Annotated[int | None, Query(ge=1, le=LARGEST_KEY)]
WantedAddress = Annotated[
    str | None,
    Query(max_length=60, pattern=r"^[0-9A-Fa-f.:/]+$", description="an address, or a network"),
]
WantedTitle = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=16,
        pattern=r"^[\x20-\x7e]+$",
        description="part of the calling or the called title, in whatever case",
    ),
]
Outcome = Literal["open", "released", "aborted", "lost", "refused"]
_LARGEST_LIMIT = 500


class AssociationUnknown(NotFound):
    """There is no such association, or the caller may not see it."""


class ContextView(View):
    """A presentation context that the peer proposed."""

    abstract_syntax: str
    name: str
    """Of the abstract syntax in the standard; a private one is its own name."""
    proposed: list[str]
    accepted: str | None
    """The transfer syntax that we took; none: the context was refused."""


class AssociationView(View):
    """An association with us, accepted or refused."""

    id: UUID
    sender_id: int | None
    calling_ae_title: str
    called_ae_title: str
    address: str
    opened_at: datetime
    closed_at: datetime | None
    outcome: str | None
    reason: str | None
    instance_count: int
    """Acknowledged with success."""
    refused_count: int
    """Answered with a failure; `reason` counts them by status."""
    echo_count: int
    received_bytes: int
    """Of data sets, refused ones too."""
    last_message_at: datetime | None
    images_per_s: float | None
    """From the opening to the last answer; none when no image was answered."""
    bytes_per_s: float | None
    mark: str | None
    """`unknown_calling` or `pass`: how it was admitted when its title is no sender's;
    `expired_certificate`: that it was admitted for some days more."""
    implementation: str | None
    max_pdu_bytes: int | None
    """The longest that the peer takes; 0: any."""
    certificate_name: str | None
    certificate_not_after: datetime | None
    contexts: list[ContextView] | None
    """None when nobody noted them."""


_PLAIN = AssociationView.model_fields.keys() - {
    "address",
    "contexts",
    "images_per_s",
    "bytes_per_s",
}


def _view(row: Association) -> AssociationView:
    speed = measure_throughput(
        opened_at=row.opened_at,
        last_message_at=row.last_message_at,
        images=row.instance_count + row.refused_count,
        received_bytes=row.received_bytes,
    )
    return AssociationView(
        address=str(row.address),
        images_per_s=None if speed is None else speed.images_per_s,
        bytes_per_s=None if speed is None else speed.bytes_per_s,
        contexts=None if row.contexts is None else _view_contexts(row),
        **{name: getattr(row, name) for name in _PLAIN},
    )


def _view_contexts(row: Association) -> list[ContextView]:
    return [
        ContextView(
            abstract_syntax=each.abstract_syntax,
            name=name_uid(each.abstract_syntax),
            proposed=list(each.proposed),
            accepted=each.accepted,
        )
        for each in read_contexts(row.contexts)
    ]


def _read_filter(
    opened: WantedInterval,
    *,
    sender_id: WantedKey = None,
    outcome: Outcome | None = None,
    address: WantedAddress = None,
    ae_title: WantedTitle = None,
    troubled: Annotated[bool, Query(description="only where something was refused")] = False,
) -> lists.AssociationFilter:
    return lists.AssociationFilter(
        opened=opened,
        outcome=outcome,
        sender_id=sender_id,
        address=None if address is None else check_networks([address], field="address")[0],
        ae_title=ae_title,
        troubled=troubled,
    )


@router.get("/associations")
async def list_associations(
    work: LogReader,
    wanted: Annotated[lists.AssociationFilter, Depends(_read_filter)],
    *,
    limit: Annotated[int, Query(ge=1, le=_LARGEST_LIMIT)] = 100,
    before: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
) -> Page[AssociationView]:
    """List the log of associations, newest first."""
    rows = await lists.list_associations(
        work.session,
        scope=work.scope(Permission.ASSOCIATION_READ),
        wanted=wanted,
        limit=limit + 1,
        before=before,
    )
    more = len(rows) > limit
    items = [_view(row) for row in rows[:limit]]
    return Page(items=items, next=rows[limit - 1].id if more else None)


@router.get("/associations/{association_id}", responses=raises(NotFound))
async def show_association(association_id: UUID, work: LogReader) -> AssociationView:
    """Show an association with what was proposed in it."""
    scope = work.scope(Permission.ASSOCIATION_READ)
    row = await lists.find_association(work.session, association_id, scope=scope)
    if row is None:
        raise AssociationUnknown(f"there is no association {association_id}")
    return _view(row)
