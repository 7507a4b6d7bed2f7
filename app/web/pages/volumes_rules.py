"""What exams weigh, and for whom those of contracted hospitals count: two dated tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.directory.domain import EVERYTHING, Permission
from app.directory.models import Site
from app.directory.repository.organisations import list_sites
from app.kit.errors import Invalid
from app.planning.domain.volumes.contracts import MILLION, Contract, CountsFor
from app.planning.domain.volumes.weights import ONE_EXAM, ExamWeight
from app.planning.repository import volumes_rules as repository
from app.planning.repository.volumes_monthly import list_all_societies
from app.planning.service import volumes_rules as service
from app.web.pages.door import Visit, visit
from app.web.pages.refusals import tell_refusal
from app.web.pages.rendering import render_page
from app.web.pages.texts import N_
from app.web.pages.volumes_words import write_percent, write_thousandths
from app.web.schemas import LARGEST_KEY, Key

router = APIRouter(prefix="/planning/volumes/rules")

Reader = Annotated[Visit, visit(Permission.VOLUME_READ)]
Writer = Annotated[Visit, visit(Permission.VOLUME_WRITE)]
Code = Annotated[str, Form(max_length=16, pattern=r"^\s*[A-Za-z0-9 _]*$")]
NeededCode = Annotated[str, Form(min_length=1, max_length=16, pattern=r"^[A-Za-z0-9 _]+$")]
Weight = Annotated[str, Form(pattern=r"^\s*[0-9]{1,3}([.,][0-9]{1,3})?\s*$")]
Percent = Annotated[str, Form(pattern=r"^\s*([0-9]{1,3}([.,][0-9]{1,4})?)?\s*$")]
_MOST_SITES, _DAY, _INVALID = 1000, timedelta(days=1), 422

COUNTS_FOR: Mapping[CountsFor, str] = MappingProxyType(
    {
        CountsFor.REFERENT: N_("its referent society"),
        CountsFor.COMMON: N_("the common pot"),
        CountsFor.SPLIT: N_("both, split"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightShown:
    """A row of the table of weights; no region: all of them."""

    id: int
    modality: str
    region: str | None
    weight: str
    valid_from: date
    written_at: datetime
    in_force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractShown:
    """For whom a site counts; no last day: it stays open."""

    site: str
    referent: str
    counts_for: CountsFor
    share: str | None
    """Of the referent, where it is split."""
    since: date
    last: date | None
    in_force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeRulesPage:
    """Both tables, and what was typed where it is refused."""

    weights: Sequence[WeightShown]
    contracts: Sequence[ContractShown]
    sites: Mapping[int, str]
    today: date
    typed: Mapping[str, str]
    refused: str | None
    may_write: bool


@router.get("")
async def show_rules(guest: Reader) -> HTMLResponse:
    """Show both tables."""
    return await _render(guest)


@router.post("/weights")
async def put_weight(
    guest: Writer,
    modality: NeededCode,
    weight: Weight,
    valid_from: Annotated[date, Form()],
    region: Code = "",
) -> Response:
    """Write what an exam weighs from a date on, in exams."""
    thousandths = int(_read_decimal(weight) * ONE_EXAM)
    typed = {
        "modality": modality,
        "region": region,
        "weight": weight,
        "valid_from": valid_from.isoformat(),
    }
    try:
        row = ExamWeight(modality, region or None, thousandths, valid_from)
    except ValueError as error:
        return await _render(guest, typed=typed, refused=str(error))
    await service.put_weight(guest.session, row, actor=guest.work.actor, now=guest.work.now)
    return RedirectResponse("/planning/volumes/rules", 303)


@router.post("/weights/{weight_id}/delete")
async def delete_weight(weight_id: Key, guest: Writer) -> Response:
    """Delete a row that was written by mistake."""
    await service.delete_weight(guest.session, weight_id, actor=guest.work.actor)
    return RedirectResponse("/planning/volumes/rules", 303)


@router.post("/contracts")
async def put_contract(
    guest: Writer,
    site: Annotated[int, Form(ge=1, le=LARGEST_KEY)],
    counts_for: Annotated[CountsFor, Form()],
    since: Annotated[date, Form()],
    share: Percent = "",
    last: Annotated[date | Literal[""], Form()] = "",
) -> Response:
    """Write for whom a site counts from a date on; what stood before ends there."""
    typed = {
        "site": str(site),
        "counts_for": counts_for.value,
        "since": since.isoformat(),
        "share": share,
        "last": str(last),
    }
    try:
        contract = Contract(
            site=site,
            since=since,
            until=last + _DAY if last else None,
            counts_for=counts_for,
            referent_share=_read_share(share, counts_for=counts_for),
        )
    except (ValueError, Invalid) as error:
        return await _render(guest, typed=typed, refused=str(error))
    await service.put_contract(guest.session, contract, actor=guest.work.actor)
    return RedirectResponse("/planning/volumes/rules#contracts", 303)


def _read_decimal(text: str) -> Decimal:
    return Decimal(text.strip().replace(",", "."))


def _read_share(text: str, *, counts_for: CountsFor) -> int:
    """Read the referent's part of a split, from per cent to millionths."""
    if counts_for is not CountsFor.SPLIT:
        return MILLION
    if not text.strip():
        raise Invalid("a split needs the part of the referent")
    share = int(_read_decimal(text) * MILLION / 100)
    if share > MILLION:
        raise Invalid("the part of the referent is 100 % at most")
    return share


async def _render(
    guest: Visit, *, typed: Mapping[str, str] | None = None, refused: str | None = None
) -> HTMLResponse:
    frame = guest.frame
    told = None if refused is None else tell_refusal(refused, texts=frame.texts, zone=frame.zone)
    sites = await list_sites(guest.session, scope=EVERYTHING, limit=_MOST_SITES, after=None)
    view = VolumeRulesPage(
        weights=await _list_weights(guest),
        contracts=await _list_contracts(guest, sites={each.id: each for each in sites}),
        sites={each.id: each.name for each in sorted(sites, key=lambda each: each.name)},
        today=guest.work.today,
        typed=typed or {},
        refused=told,
        may_write=guest.work.scope(Permission.VOLUME_WRITE).everything,
    )
    status = 200 if refused is None else _INVALID
    return render_page(
        "volumes/rules.html", frame=frame, view=view, status=status, counts_for=COUNTS_FOR
    )


async def _list_weights(guest: Visit) -> list[WeightShown]:
    rows = await repository.list_weights(guest.session)
    # The last of a modality and region that has begun holds.
    held = {
        (row.modality, row.region): row.id for row in rows if row.valid_from <= guest.work.today
    }
    return [
        WeightShown(
            id=row.id,
            modality=row.modality,
            region=row.region,
            weight=write_thousandths(row.weight, texts=guest.frame.texts),
            valid_from=row.valid_from,
            written_at=row.written_at,
            in_force=row.id in held.values(),
        )
        for row in rows
    ]


async def _list_contracts(guest: Visit, *, sites: Mapping[int, Site]) -> list[ContractShown]:
    societies = {each.id: each.name for each in await list_all_societies(guest.session)}
    shown = []
    for row in await repository.list_contracts(guest.session):
        contract = repository.read_contract(row)
        is_split = contract.counts_for is CountsFor.SPLIT
        share = write_percent(contract.referent_share, texts=guest.frame.texts)
        site = sites[contract.site]
        shown.append(
            ContractShown(
                site=site.name,
                referent=societies[site.society_id],
                counts_for=contract.counts_for,
                share=share if is_split else None,
                since=contract.since,
                last=None if contract.until is None else contract.until - _DAY,
                in_force=contract.covers(guest.work.today),
            )
        )
    return shown
