"""Authorisations: outside readers and hospital radiologists may hold seats opened to them."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter

from app.directory.domain import Permission
from app.kit.errors import Conflict, NotFound
from app.planning.domain.authorisations import Allowed, AuthorisedAs
from app.planning.domain.dated import Dates
from app.planning.models import Authorisation
from app.planning.repository import dated as repository
from app.planning.service import authorisations
from app.planning.service.dated import delete_dated, end_dated
from app.web.api.instants import Day
from app.web.api.working_times import EndBody, OfRadiologist
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import Body, BodyKey, Key, Line, View

router = APIRouter(prefix="/authorisations", tags=["planning"])

Reader = Annotated[Work, needs(Permission.PLANNING_READ)]
Writer = Annotated[Work, needs(Permission.PEOPLE_WRITE)]


class AuthorisationView(View):
    """An authorisation by an act, from `since` until `until` is left out."""

    id: int
    radiologist_id: int
    kind: AuthorisedAs
    reference: str
    since: date
    until: date | None
    written_at: datetime
    written_by: int | None


class AuthorisationBody(Body):
    """An authorisation that is new; `reference` is the act that allows it, with its number."""

    radiologist_id: BodyKey
    kind: AuthorisedAs
    reference: Line
    since: Day
    until: Day | None = None


def _view(row: Authorisation) -> AuthorisationView:
    # The first date is always written.
    return AuthorisationView.model_validate(
        {
            "id": row.id,
            "radiologist_id": row.radiologist_id,
            "kind": row.kind,
            "reference": row.reference,
            "since": row.valid.lower,
            "until": row.valid.upper,
            "written_at": row.written_at,
            "written_by": row.written_by,
        }
    )


@router.get("")
async def list_authorisations(
    work: Reader, page: WantedPage, radiologist_id: OfRadiologist = None
) -> Page[AuthorisationView]:
    """List authorisations, those that are over too."""
    rows = await repository.list_rows(
        work.session,
        Authorisation,
        limit=page.fetch,
        after=page.after,
        radiologist_id=radiologist_id,
    )
    return cut([_view(row) for row in rows], page=page, keys=[row.id for row in rows])


@router.post("", status_code=201, responses=raises(NotFound, Conflict))
async def create_authorisation(body: AuthorisationBody, work: Writer) -> AuthorisationView:
    """Write an authorisation; refused where another one of the radiologist holds."""
    allowed = Allowed(
        radiologist=body.radiologist_id,
        kind=body.kind,
        reference=body.reference,
        dates=Dates(body.since, body.until),
    )
    row = await authorisations.add_authorisation(
        work.session, allowed, actor=work.actor, now=work.now, today=work.today
    )
    return _view(row)


@router.post("/{authorisation_id}/end", responses=raises(NotFound))
async def end_authorisation(
    authorisation_id: Key, body: EndBody, work: Writer
) -> AuthorisationView:
    """End an authorisation on a date; seats published beyond it stay until they are edited."""
    row = await end_dated(
        work.session,
        Authorisation,
        authorisation_id,
        on=body.until,
        actor=work.actor,
        today=work.today,
    )
    return _view(row)


@router.delete("/{authorisation_id}", status_code=204, responses=raises(NotFound))
async def delete_authorisation(authorisation_id: Key, work: Writer) -> None:
    """Delete an authorisation that was written by mistake."""
    await delete_dated(
        work.session,
        Authorisation,
        authorisation_id,
        actor=work.actor,
        today=work.today,
    )
