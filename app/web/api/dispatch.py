"""What the group sets of dispatch: the parameters of the policy, with their versions."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field, FiniteFloat, StringConstraints

from app.db.session import unit_of_work
from app.directory.domain import Permission
from app.dispatch.domain.exams import Region
from app.dispatch.domain.policy import Parameters, Ring
from app.dispatch.domain.policy.parameters import Specialty
from app.dispatch.service import parameters as service
from app.dispatch.service.parameters import ParametersInForce, Tried
from app.web.container import container_of
from app.web.dependencies import Work, find_before, let_in, needs
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import Body, Line, View

router = APIRouter(prefix="/dispatch", tags=["dispatch"])

Reader = Annotated[Work, needs(Permission.SETTING_READ)]
Writer = Annotated[Work, needs(Permission.SETTING_WRITE)]
PriorityName = Annotated[str, StringConstraints(pattern=r"^P[1-4]$")]
Minutes = Annotated[dict[PriorityName, FiniteFloat], Field(max_length=4)]
Modality = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Z]{1,16}$")]
Note = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")]


class SpecialtyBody(Body):
    """Which sub-specialty exams of a modality and a region call for; it names one of both."""

    sub_specialty: Line
    modality: Modality | None = None
    region: Region | None = None
    is_required: bool = False
    """Asked for, else preferred."""


class ParametersBody(Body):
    """A whole set; all times are in minutes."""

    affinity: dict[PriorityName, dict[Ring, FiniteFloat]]
    """What nearness is worth, for P2, P3 and P4; where life is at stake it counts for nothing."""
    bonus: Minutes
    """What a preferred sub-specialty is worth, by priority."""
    ageing: Minutes
    """How much of both is lost with each minute that a case waits, by priority."""
    hourly_cap: Annotated[int, Field(strict=True)]
    closing_minutes: FiniteFloat
    """How long before the end of their guard nobody is offered a new case."""
    specialties: list[SpecialtyBody] = Field(default_factory=list, max_length=100)


class NewParametersBody(ParametersBody):
    """A set that is in force from now on."""

    note: Note = ""


class ParametersView(View):
    """A set with its version; no version: the platform's own, which nobody has set."""

    version: int | None
    set_at: datetime | None
    set_by_name: str
    note: str
    parameters: ParametersBody


@router.get("/parameters")
async def show_parameters(work: Reader) -> ParametersView:
    """Show the set in force."""
    return _view(await service.read_parameters(work.session))


async def _try(request: Request, body: NewParametersBody) -> Tried:
    caller, _ = await find_before(request)
    let_in(caller, permission=Permission.SETTING_WRITE)
    values = body.model_dump(exclude={"note", "specialties"})
    specialties = tuple(Specialty(**each.model_dump()) for each in body.specialties)
    async with unit_of_work(container_of(request).sessions) as session:
        in_force = await service.read_parameters(session)
    return await service.try_parameters(
        Parameters(specialties=specialties, **values), based_on=in_force.version
    )


@router.put("/parameters")
async def set_parameters(
    # The first of the three: nights are simulated before the transaction is opened.
    tried: Annotated[Tried, Depends(_try)],
    body: NewParametersBody,
    work: Writer,
) -> ParametersView:
    """Set the parameters from now on; a set under which a priority would starve is refused."""
    row = await service.set_parameters(
        work.session, tried, note=body.note, actor=work.actor, now=work.now
    )
    return _view(row)


@router.get("/parameters/versions")
async def list_versions(work: Reader, page: WantedPage) -> Page[ParametersView]:
    """List the sets that were set, newest first; `after` is a version."""
    rows = await service.list_versions(work.session, limit=page.fetch, before=page.after)
    return cut([_view(row) for row in rows], page=page, keys=[row.version or 0 for row in rows])


def _view(row: ParametersInForce) -> ParametersView:
    return ParametersView(
        version=row.version,
        set_at=row.set_at,
        set_by_name=row.set_by_name,
        note=row.note,
        parameters=ParametersBody.model_validate(row.parameters.to_json()),
    )
