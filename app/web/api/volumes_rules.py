"""What exams weigh, and for whom those of a contracted hospital count, both from a date on."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, StringConstraints

from app.directory.domain import Permission
from app.kit.errors import Invalid, NotFound
from app.planning.domain.volumes.contracts import MILLION, Contract, CountsFor
from app.planning.domain.volumes.weights import ExamWeight
from app.planning.models import SiteContract
from app.planning.repository import volumes_rules as repository
from app.planning.service import volumes_rules as service
from app.web.api.instants import Day
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import Body, BodyKey, Key, View

router = APIRouter(prefix="/volumes", tags=["planning"])

Reader = Annotated[Work, needs(Permission.VOLUME_READ)]
Writer = Annotated[Work, needs(Permission.VOLUME_WRITE)]
DicomCode = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9 _]{1,16}$")
]
"""PS3.5 §6.2, value representation CS."""


class WeightView(View):
    """What an exam of a modality and a region weighs, until the next row of both begins."""

    id: int
    modality: str
    region: str | None
    weight: int
    """In thousandths of an exam."""
    valid_from: date
    written_at: datetime


class WeightBody(Body):
    """A row of the table; it replaces the one of the same modality, region and date."""

    modality: DicomCode
    region: DicomCode | None = None
    """As BodyPartExamined has it; absent: all regions without a row of their own."""
    weight: Annotated[int, Field(ge=0, le=1_000_000)]
    valid_from: Day


class ContractView(View):
    """For whom the exams of a site count, between two dates."""

    id: int
    site_id: int
    since: date
    until: date | None
    counts_for: CountsFor
    referent_share: int
    """Of a split, what counts for the referent, in millionths."""


class ContractBody(Body):
    """A contract from a date on: what stood before ends there, what would come later is gone."""

    site_id: BodyKey
    since: Day
    until: Day | None = None
    counts_for: CountsFor
    referent_share: Annotated[int, Field(ge=0, le=MILLION)] = MILLION


@router.get("/weights")
async def list_weights(work: Reader) -> list[WeightView]:
    """List the table of weights."""
    return [WeightView.model_validate(row) for row in await repository.list_weights(work.session)]


@router.put("/weights")
async def put_weight(body: WeightBody, work: Writer) -> WeightView:
    """Write what an exam weighs from a date on; months measured before stay as they are."""
    try:
        weight = ExamWeight(**body.model_dump())
    except ValueError as error:
        raise Invalid(str(error)) from error
    row = await service.put_weight(work.session, weight, actor=work.actor, now=work.now)
    return WeightView.model_validate(row)


@router.delete("/weights/{weight_id}", status_code=204, responses=raises(NotFound))
async def delete_weight(weight_id: Key, work: Writer) -> None:
    """Delete a row that was written by mistake."""
    await service.delete_weight(work.session, weight_id, actor=work.actor)


def _view(row: SiteContract) -> ContractView:
    contract = repository.read_contract(row)
    return ContractView(
        id=row.id,
        site_id=contract.site,
        since=contract.since,
        until=contract.until,
        counts_for=contract.counts_for,
        referent_share=contract.referent_share,
    )


@router.get("/contracts")
async def list_contracts(work: Reader) -> list[ContractView]:
    """List for whom the exams of contracted hospitals count."""
    return [_view(row) for row in await repository.list_contracts(work.session)]


@router.put("/contracts", responses=raises(NotFound))
async def put_contract(body: ContractBody, work: Writer) -> ContractView:
    """Write for whom the exams of a site count from a date on."""
    try:
        contract = Contract(
            site=body.site_id,
            since=body.since,
            until=body.until,
            counts_for=body.counts_for,
            referent_share=body.referent_share,
        )
    except ValueError as error:
        raise Invalid(str(error)) from error
    return _view(await service.put_contract(work.session, contract, actor=work.actor))
