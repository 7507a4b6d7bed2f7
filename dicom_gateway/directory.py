"""The senders of the directory, as the gateway needs them; only its index reads the database."""

from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import AdmissionPass as PassRow
from app.directory.models import Sender, Site
from dicom_gateway.admission import (
    AdmissionPass,
    RegisteredSender,
    SenderSnapshot,
    UnknownCalling,
    check_networks,
)

_log = structlog.get_logger(__name__)


async def take_snapshot(session: AsyncSession, *, now: datetime) -> SenderSnapshot:
    """Read the senders that are not disabled, and the passes in force.

    A sender whose addresses are unreadable is left out.
    """
    rows = await session.execute(
        select(Sender, Site.commitment_days)
        .join(Site, Site.id == Sender.site_id)
        .where(Sender.disabled_at.is_(None))
        .order_by(Sender.id)
    )
    senders = []
    for row, commitment_days in rows:
        try:
            senders.append(
                RegisteredSender(
                    row.id,
                    row.ae_title,
                    check_networks(row.addresses),
                    UnknownCalling(row.unknown_calling),
                    (row.site_id, row.domain_id),
                    tuple(row.certificate_names),
                    most_associations=row.most_associations,
                    sop_classes=tuple(row.sop_classes),
                    transfer_syntaxes=tuple(row.transfer_syntaxes),
                    commits=commitment_days is not None and row.endpoint_id is not None,
                )
            )
        except ValueError as error:
            _log.error("sender_left_out", sender_id=row.id, reason=str(error))
    return SenderSnapshot(tuple(senders), now, await _take_passes(session, now=now))


async def _take_passes(session: AsyncSession, *, now: datetime) -> tuple[AdmissionPass, ...]:
    rows = await session.scalars(
        select(PassRow).where(PassRow.ended_at.is_(None), PassRow.until > now).order_by(PassRow.id)
    )
    return tuple(
        AdmissionPass(row.sender_id, row.calling_ae_title, str(row.address), row.until)
        for row in rows
    )
