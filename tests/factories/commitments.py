"""Senders that storage commitment is on for, and what they ask."""

import uuid
from collections.abc import Iterable

from pydicom import Dataset
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Endpoint, Sender, Site
from app.intake.domain.commitment import Question, Reference
from dicom_gateway.notices import COMMITMENT_CLASS, COMMITMENT_INSTANCE, Notice, NoticeKind
from tests.factories.directory import add_sender, add_site, add_society
from tests.factories.encoded import encode_data_set
from tests.factories.numbers import draw_number
from tests.factories.steps import CT_IMAGE

EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"
DAYS = 30


async def add_committing_sender(
    session: AsyncSession,
    *,
    port: int = 11112,
    days: int | None = DAYS,
    ae_title: str | None = None,
) -> Sender:
    """Add a sender that answers on this machine, of a site of its own."""
    society = await add_society(session)
    site = await add_site(session, society_id=society.id)
    sender = await add_sender(session, site_id=site.id, ae_title=ae_title)
    await let_answer(session, sender, port=port)
    await set_days(session, sender, days)
    return sender


async def let_answer(session: AsyncSession, sender: Sender, *, port: int) -> None:
    """Give a sender somewhere to answer."""
    endpoint = Endpoint(
        name=f"Node {draw_number()}", ae_title=sender.ae_title, host="127.0.0.1", port=port
    )
    session.add(endpoint)
    await session.flush()
    sender = await session.merge(sender)
    sender.endpoint_id = endpoint.id
    await session.flush()


async def set_days(session: AsyncSession, sender: Sender, days: int | None) -> None:
    """Set for how long the instances of a sender's site are committed."""
    site = await session.get_one(Site, sender.site_id)
    site.commitment_days = days
    await session.flush()


def make_question(
    sender: Sender,
    *uids: str,
    transaction_uid: str | None = None,
    sop_class_uid: str = CT_IMAGE,
) -> Question:
    """Make a question about images."""
    return Question(
        sender_id=sender.id,
        association_id=uuid.uuid4(),
        calling_ae_title=sender.ae_title,
        transaction_uid=transaction_uid or f"1.2.9.{draw_number()}",
        references=tuple(Reference(uid, sop_class_uid) for uid in uids),
    )


def make_action(data_set: Dataset | bytes, *, implicit: bool = False, action: int = 1) -> Notice:
    """Make the notice of an N-ACTION to the well-known instance."""
    return Notice(
        kind=NoticeKind.ACTION,
        sop_class_uid=COMMITMENT_CLASS,
        sop_instance_uid=COMMITMENT_INSTANCE,
        transfer_syntax_uid=IMPLICIT if implicit else EXPLICIT,
        data_set=data_set
        if isinstance(data_set, bytes)
        else encode_data_set(data_set, implicit_vr=implicit),
        action_type=action,
    )


def draw_uids(count: int) -> tuple[str, ...]:
    """Draw UIDs that no other test has."""
    root = f"1.2.840.99.{draw_number()}"
    return tuple(f"{root}.{number}" for number in range(count))


def in_order(references: Iterable[Reference]) -> list[str]:
    """List the UIDs of references, sorted."""
    return sorted(each.sop_instance_uid for each in references)
