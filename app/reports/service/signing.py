"""Use cases that commit a radiologist: preliminary result, signature, addendum."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases import service as case_service
from app.cases.domain.states import CaseAction, CaseState, MoveRefused
from app.cases.domain.timeline import EventKind
from app.directory.domain.actor import Actor
from app.dispatch import repository as dispatch
from app.kit.errors import Conflict, Invalid
from app.reports.domain.document import Chapters
from app.reports.domain.versions import (
    ImagesNotSeen,
    Means,
    check_chapters,
    check_line,
    check_signable,
)
from app.reports.events import AddendumSigned, PreliminaryGiven, ReportSigned
from app.reports.repository import documents, versions
from app.reports.service.writing import identify, lock_for_reader, read_chapters

_WITH_REPORT = frozenset({CaseState.SIGNED, CaseState.DELIVERED, CaseState.ACKNOWLEDGED})


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
    """Note a first result: what was said, to whom, how.

    Raises
    ------
    NotTheReader
        If the actor does not read the case now.
    Invalid
        If a text is missing or cannot be kept.
    """
    check_line(text, name="what was said")
    check_line(told_to, name="who was told")
    user_id, case = await lock_for_reader(session, case_id=case_id, actor=actor)
    _, radiologist_id = identify(actor)
    preliminary_id = await versions.add_preliminary(
        session,
        case_id=case_id,
        radiologist_id=radiologist_id,
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
        by_user_id=user_id,
        detail={"preliminary": preliminary_id, "means": means.value},
    )
    await cases.change(session, case_id, preliminary_at=case.preliminary_at or now)
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
    DraftChanged
        If the draft was saved after the signer read it.
    ImagesNotSeen
        If images arrived that the signer was not shown.
    Invalid
        If there is no conclusion.
    """
    user_id, case = await lock_for_reader(session, case_id=case_id, actor=actor)
    _, radiologist_id = identify(actor)
    if case.instance_count > instance_count:
        raise ImagesNotSeen(shown=instance_count, count=case.instance_count)
    await case_service.mark_images_seen(
        session, case_id=case_id, seen_count=instance_count, by_user_id=user_id, now=now
    )
    draft = await versions.find_draft(session, case_id, lock=True)
    if draft is None:
        raise Invalid("there is no report to sign: write one first")
    check_signable(read_chapters(draft))
    await versions.sign_draft(session, draft, base=base, radiologist_id=radiologist_id, now=now)
    studies = await cases.list_studies(session, case_id)
    await documents.add_documents(
        session, version_id=draft.id, study_ids=[study.id for study in studies], now=now
    )
    await dispatch.end_claim(session, case_id=case_id, reason="signed", now=now)
    await cases.move(session, case_id, action=CaseAction.SIGN, now=now, by_user_id=user_id)
    return ReportSigned(case_id=case_id, version_id=draft.id)


async def write_addendum(
    session: AsyncSession,
    *,
    case_id: int,
    base: int,
    text: str,
    actor: Actor,
    now: datetime,
) -> AddendumSigned:
    """Sign an addendum; the report it adds to stays as it is.

    Parameters
    ----------
    base
        Number of the last version that the author read: a double click adds one addendum only.

    Raises
    ------
    MoveRefused
        If the case has no signed report.
    Conflict
        If another version was signed in the meantime.
    Invalid
        If the text is empty or cannot be kept.
    """
    check_chapters(Chapters(conclusion=text))
    check_signable(Chapters(conclusion=text))
    user_id, radiologist_id = identify(actor)
    case = await cases.lock_case(session, case_id)
    if CaseState(case.state) not in _WITH_REPORT:
        raise MoveRefused(CaseState(case.state), CaseAction.SIGN)
    latest = (await versions.list_signed(session, case_id))[-1]
    if latest.number != base:
        raise Conflict(
            f"version {latest.number} of this report was signed after you read version {base}: "
            "read it, then add yours"
        )
    version_id = await versions.add_addendum(
        session,
        case_id=case_id,
        text=text,
        by_user_id=user_id,
        radiologist_id=radiologist_id,
        now=now,
    )
    studies = await cases.list_studies(session, case_id)
    await documents.add_documents(
        session, version_id=version_id, study_ids=[study.id for study in studies], now=now
    )
    await cases.add_event(
        session,
        case_id=case_id,
        kind=EventKind.ADDENDUM,
        now=now,
        by_user_id=user_id,
        detail={"version": base + 1},
    )
    await cases.change(session, case_id)
    return AddendumSigned(case_id=case_id, version_id=version_id)
