"""Use cases: what exams weigh, and for whom those of a contracted hospital count.

Both are read when months are measured; what was measured or frozen before stays as it is.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.locks import wait_for_lock
from app.directory.domain import Actor, Permission, require
from app.kit.errors import NotFound
from app.planning.domain.volumes.contracts import Contract
from app.planning.domain.volumes.weights import ExamWeight
from app.planning.models import ExamWeight as WeightRow
from app.planning.models import SiteContract
from app.planning.repository import volumes_rules as repository
from app.planning.service.volumes_measured import LOCK


class VolumeRuleUnknown(NotFound):
    """There is no such weight, or no such site."""


async def put_weight(
    session: AsyncSession, weight: ExamWeight, *, actor: Actor, now: datetime
) -> WeightRow:
    """Write what an exam weighs from a date on.

    Raises
    ------
    PermissionDenied
        If the actor may not write the volumes of the whole group.
    """
    require(actor, Permission.VOLUME_WRITE)
    return await repository.put_weight(session, weight, user_id=actor.user_id, now=now)


async def delete_weight(session: AsyncSession, weight_id: int, *, actor: Actor) -> None:
    """Delete a row of the table that was written by mistake.

    Raises
    ------
    PermissionDenied
        If the actor may not write the volumes of the whole group.
    VolumeRuleUnknown
        If there is no such row.
    """
    require(actor, Permission.VOLUME_WRITE)
    if not await repository.delete_weight(session, weight_id):
        raise VolumeRuleUnknown(f"there is no weight {weight_id}")


async def put_contract(session: AsyncSession, contract: Contract, *, actor: Actor) -> SiteContract:
    """Write for whom a site counts from a date on; what stood before ends there.

    Raises
    ------
    PermissionDenied
        If the actor may not write the volumes of the whole group.
    VolumeRuleUnknown
        If there is no such site.
    """
    require(actor, Permission.VOLUME_WRITE)
    if await repository.find_site(session, contract.site) is None:
        raise VolumeRuleUnknown(f"there is no site {contract.site}")
    await wait_for_lock(session, LOCK)
    return await repository.put_contract(session, contract)
