"""Queries that read and hold what was claimed; those of each try are built once, here."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import (
    TIMESTAMP,
    Select,
    any_,
    bindparam,
    exists,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.models import Case
from app.db.arrays import keys_named
from app.delivery.domain.ports import Destination
from app.delivery.domain.shipment import Claim, DeliveryState, Item
from app.delivery.models import DeliveredInstance, Delivery
from app.directory.models import Endpoint
from app.intake.models import Instance, Series, Study
from app.reports.models import Document

_WAITING, _SENDING = DeliveryState.WAITING.value, DeliveryState.SENDING.value
_NEVER_SENT = ("to_compare", "same")
"""Images that came again: not compared yet, or the same ones."""
_OF_THESE = Delivery.id == any_(keys_named("deliveries"))


async def get_destination(session: AsyncSession, endpoint_id: int) -> Destination:
    """Read where a node is now: its address may have been corrected since the last try."""
    return (await list_destinations(session, [endpoint_id]))[endpoint_id]


_DESTINATIONS = select(
    Endpoint.id, Endpoint.ae_title, Endpoint.host, Endpoint.port, Endpoint.tls
).where(Endpoint.id == any_(keys_named("endpoints")))


async def list_destinations(
    session: AsyncSession, endpoint_ids: Collection[int]
) -> dict[int, Destination]:
    """Read where nodes are now, by their ids."""
    rows = await session.execute(_DESTINATIONS, {"endpoints": sorted(endpoint_ids)})
    return {
        endpoint_id: Destination(ae_title, host, port, tls)
        for endpoint_id, ae_title, host, port, tls in rows
    }


async def get_document_item(session: AsyncSession, document_id: int) -> Item:
    """Read the file of a rendered document."""
    document = (await session.scalars(select(Document).where(Document.id == document_id))).one()
    return Item(
        sop_instance_uid=document.sop_instance_uid or "",
        path=document.path or "",
        digest=document.digest,
    )


def _select_unsent() -> Select[int, str, str, int, int, uuid.UUID]:
    """Select the images of deliveries that their nodes have not accepted yet."""
    has_it = exists().where(
        DeliveredInstance.delivery_id == Delivery.id,
        DeliveredInstance.instance_id == Instance.id,
    )
    return (
        select(
            Delivery.id,
            Instance.sop_instance_uid,
            Instance.path,
            Instance.id,
            Instance.size_bytes,
            Instance.arrival_id,
        )
        .join(Study, Study.id == Delivery.study_id)
        .join(Series, Series.study_id == Study.id)
        .join(Instance, Instance.series_id == Series.id)
        .where(
            _OF_THESE,
            Instance.purged_at.is_(None),
            or_(Instance.repeat.is_(None), Instance.repeat.not_in(_NEVER_SENT)),
            ~has_it,
            # Whose the images of a prior are must be certain: those of another leave with none.
            or_(Delivery.is_prior.is_(False), Study.identity_open.is_(False)),
        )
    )


_UNSENT = _select_unsent().order_by(Delivery.id, Instance.id)
_WITH_UNSENT = _select_unsent().with_only_columns(Delivery.id).distinct()


async def list_unsent_items(
    session: AsyncSession, delivery_ids: Sequence[int]
) -> dict[int, list[Item]]:
    """List the images of studies that their nodes have not accepted yet, in order of arrival."""
    items: dict[int, list[Item]] = {each: [] for each in delivery_ids}
    rows = await session.execute(_UNSENT, {"deliveries": delivery_ids})
    for delivery_id, sop_instance_uid, path, instance_id, size_bytes, arrival_id in rows:
        item = Item(
            sop_instance_uid=sop_instance_uid,
            path=path,
            instance_id=instance_id,
            size_bytes=size_bytes,
            arrival_id=arrival_id,
        )
        items[delivery_id].append(item)
    return items


async def find_with_unsent(session: AsyncSession, delivery_ids: Sequence[int]) -> set[int]:
    """Find the deliveries of studies that have images which their nodes have not accepted."""
    return set(await session.scalars(_WITH_UNSENT, {"deliveries": delivery_ids}))


_LOCK_CASES = (
    select(Case)
    .where(Case.id.in_(select(Delivery.case_id).where(_OF_THESE)))
    .order_by(Case.id)
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


async def lock_cases(session: AsyncSession, delivery_ids: Sequence[int]) -> dict[int, Case]:
    """Lock the cases of deliveries in one order, by their ids."""
    rows = await session.scalars(_LOCK_CASES, {"deliveries": delivery_ids})
    return {each.id: each for each in rows}


_LOCK_CLAIMED = (
    select(Delivery)
    .where(_OF_THESE, Delivery.state == _SENDING)
    # In the order in which all lock images.
    .order_by(Delivery.endpoint_id, Delivery.study_id, Delivery.id)
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


async def lock_claimed(session: AsyncSession, claims: Collection[Claim]) -> dict[int, Delivery]:
    """Lock the deliveries that are still held by these claims, by their ids."""
    tokens = {each.delivery_id: each.token for each in claims}
    rows = await session.scalars(_LOCK_CLAIMED, {"deliveries": sorted(tokens)})
    return {each.id: each for each in rows if each.token == tokens[each.id]}


_RENEW = (
    update(Delivery)
    .where(_OF_THESE)
    .values(claimed_until=bindparam("until", type_=TIMESTAMP(timezone=True)))
    .execution_options(synchronize_session=False)
)


async def renew(session: AsyncSession, delivery_ids: Collection[int], *, until: datetime) -> None:
    """Hold claims for longer."""
    await session.execute(_RENEW, {"deliveries": sorted(delivery_ids), "until": until})


_LET_GO = (
    update(Delivery)
    .where(_OF_THESE)
    .values(state=_WAITING, token=None, claimed_until=None)
    .execution_options(synchronize_session=False)
)


async def let_go(session: AsyncSession, delivery_ids: Collection[int]) -> None:
    """Let go of what was claimed and not begun: it waits as before."""
    await session.execute(_LET_GO, {"deliveries": sorted(delivery_ids)})
