"""Which nodes studies wait for."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.delivery.domain.shipment import DeliveryState, Kind
from app.delivery.models import Delivery

_WAITING = (DeliveryState.WAITING.value, DeliveryState.SENDING.value)


async def list_nodes_waited_for(session: AsyncSession) -> set[int]:
    """List the nodes to which images that somebody is to read are still to be sent."""
    rows = await session.scalars(
        select(Delivery.endpoint_id)
        .distinct()
        .where(
            Delivery.kind == Kind.IMAGES.value,
            Delivery.state.in_(_WAITING),
            Delivery.is_prior.is_(False),
        )
    )
    return {each for each in rows if each is not None}
