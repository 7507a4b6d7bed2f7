"""Use cases that commit a radiologist: preliminary result and signature."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases import service as case_service
from app.cases.domain.states import CaseAction
from app.cases.domain.timeline import EventKind
from app.directory.domain.actor import Actor
from app.dispatch import repository as dispatch
from app.kit.errors import Invalid
from app.reports.domain.versions import (
    ImagesNotSeen,
    Means,
    check_line,
    check_signable,
)
from app.reports.events import PreliminaryGiven, ReportSigned
from app.reports.models import ReportVersion
from app.reports.repository import documents, versions
from app.reports.service.writing import (
    Hold,
    lock_for_reader,
    lock_for_writer,
    read_chapters,
)


async def give_preliminary(
    session: AsyncSession,
    *,
    case_id: int,
    text: str,
    told_to: str,
    means: Means,
    actor: Actor,
    now: datetime,
) -> PreliminaryGiven:
    """Note a first result, told by who reads the case: what was said, to whom, how.

    Raises
    ------
    Invalid
        If a text is missing or cannot be kept.
    """
    check_line(text, name="what was said")
    check_line(told_to, name="who was told")
    hold = await lock_for_reader(session, case_id=case_id, actor=actor)
    preliminary_id = await versions.add_preliminary(
        session,
        case_id=case_id,
        radiologist_id=hold.radiologist_id,
        text=text,
        told_to=told_to,
        means=means,
        now=now,
    )
    await cases.add_event(
        session,
        case_id=case_id,
        kind=EventKind.PRELIMINARY,
        now=now,
        by_user_id=hold.user_id,
        detail={"preliminary": preliminary_id, "means": means.value},
    )
    await cases.change(session, case_id, preliminary_at=hold.case.preliminary_at or now)
    return PreliminaryGiven(case_id=case_id, preliminary_id=preliminary_id)


async def sign(
    session: AsyncSession,
    *,
    case_id: int,
    base: int,
    instance_count: int,
    actor: Actor,
    now: datetime,
) -> ReportSigned:
    """Sign the draft: it never changes again, its documents get their UIDs, the case is signed.

    A report that replaces a withdrawn one leaves the case where it stands.

    Parameters
    ----------
    base
        Number of the draft that the signer read.
    instance_count
        How many images the signer was shown.

    Raises
    ------
    NotTheReader
        If the actor does not read the case now, as after a first signature.
    DraftChanged, ImagesNotSeen
        If the draft was saved after the signer read it, or images arrived that they were not shown.
    IdentityOpen
        If it is not settled whose images they are.
    Invalid
        If there is no conclusion.
    """
    hold = await lock_for_writer(session, case_id=case_id, actor=actor)
    await case_service.check_identity_settled(session, case_id)
    await _check_images_seen(session, hold, shown=instance_count, now=now)
    draft = await _load_signable(session, case_id)
    signer = hold.radiologist_id
    await versions.sign_draft(session, draft, base=base, radiologist_id=signer, now=now)
    await documents.add_documents(session, case_id=case_id, version_id=draft.id, now=now)
    await _close(session, hold, number=draft.number, now=now)
    return ReportSigned(case_id=case_id, version_id=draft.id)


async def _close(session: AsyncSession, hold: Hold, *, number: int, now: datetime) -> None:
    """Move the case on; a report in place of a withdrawn one moves nothing, and is told."""
    if not hold.replaces:
        await dispatch.end_claim(session, case_id=hold.case.id, reason="signed", now=now)
        await cases.move(
            session, hold.case.id, action=CaseAction.SIGN, now=now, by_user_id=hold.user_id
        )
        return
    await cases.add_event(
        session,
        case_id=hold.case.id,
        kind=EventKind.REPLACED,
        now=now,
        by_user_id=hold.user_id,
        detail={"version": number},
    )
    await cases.touch(session, hold.case.id)


async def _load_signable(session: AsyncSession, case_id: int) -> ReportVersion:
    draft = await versions.find_draft(session, case_id, lock=True)
    if draft is None:
        raise Invalid("there is no report to sign: write one first")
    check_signable(read_chapters(draft))
    return draft


async def _check_images_seen(
    session: AsyncSession, hold: Hold, *, shown: int, now: datetime
) -> None:
    if hold.case.instance_count > shown:
        raise ImagesNotSeen(shown=shown, count=hold.case.instance_count)
    await case_service.mark_images_seen(
        session, case_id=hold.case.id, seen_count=shown, by_user_id=hold.user_id, now=now
    )
