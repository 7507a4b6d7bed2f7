"""Queries on what exams weigh, and on for whom those of a contracted hospital count."""

from datetime import date, datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Site
from app.planning.domain.volumes.contracts import Contract, CountsFor
from app.planning.domain.volumes.weights import ExamWeight
from app.planning.models import ExamWeight as WeightRow
from app.planning.models import SiteContract


async def list_weights(session: AsyncSession) -> list[WeightRow]:
    """List the table of weights, by modality, region and date."""
    query = select(WeightRow).order_by(
        WeightRow.modality, WeightRow.region.asc().nulls_first(), WeightRow.valid_from
    )
    return list((await session.scalars(query)).all())


def read_weight(row: WeightRow) -> ExamWeight:
    """Read a row as the domain has it."""
    return ExamWeight(row.modality, row.region, row.weight, row.valid_from)


async def put_weight(
    session: AsyncSession, weight: ExamWeight, *, user_id: int | None, now: datetime
) -> WeightRow:
    """Write a weight, instead of the one of the same modality, region and date."""
    values = {"weight": weight.weight, "written_at": now, "written_by": user_id}
    statement = insert(WeightRow).values(
        modality=weight.modality, region=weight.region, valid_from=weight.valid_from, **values
    )
    statement = statement.on_conflict_do_update(
        index_elements=["modality", "region", "valid_from"], set_=values
    )
    query = statement.returning(WeightRow).execution_options(populate_existing=True)
    return (await session.scalars(query)).one()


async def delete_weight(session: AsyncSession, weight_id: int) -> bool:
    """Delete a weight; tell whether there was one."""
    statement = delete(WeightRow).where(WeightRow.id == weight_id).returning(WeightRow.id)
    return (await session.scalars(statement)).one_or_none() is not None


async def list_contracts(session: AsyncSession) -> list[SiteContract]:
    """List all contracts, by site, then date."""
    query = select(SiteContract).order_by(SiteContract.site_id, SiteContract.valid)
    return list((await session.scalars(query)).all())


def read_contract(row: SiteContract) -> Contract:
    """Read a row as the domain has it."""
    return Contract(
        site=row.site_id,
        since=row.valid.lower or date.min,
        until=row.valid.upper,
        counts_for=CountsFor(row.counts_for),
        referent_share=row.referent_share,
    )


async def find_site(session: AsyncSession, site_id: int) -> Site | None:
    """Find a site."""
    return await session.get(Site, site_id)


async def put_contract(session: AsyncSession, contract: Contract) -> SiteContract:
    """Write a contract from its date on; what stood ends there, what would come later is gone."""
    own = SiteContract.site_id == contract.site
    await session.execute(
        delete(SiteContract).where(own, func.lower(SiteContract.valid) >= contract.since)
    )
    await session.execute(
        update(SiteContract)
        .where(own, SiteContract.valid.contains(contract.since))
        .values(valid=func.daterange(func.lower(SiteContract.valid), contract.since))
    )
    row = SiteContract(
        site_id=contract.site,
        valid=Range(contract.since, contract.until),
        counts_for=contract.counts_for.value,
        referent_share=contract.referent_share,
    )
    session.add(row)
    await session.flush()
    return row
