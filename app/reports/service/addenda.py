"""Use cases on a signed report: what is missing is added, what is wrong is withdrawn.

What is signed stays: each of them is one more signed version, with documents of its own that refer
to the earlier ones.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases import service as case_service
from app.cases.domain.states import CaseAction, CaseState, MoveRefused
from app.cases.domain.timeline import EventKind
from app.directory.domain.actor import Actor
from app.kit.errors import Conflict
from app.reports.domain.chain import read_chain
from app.reports.domain.document import Chapters, DocumentKind
from app.reports.domain.versions import (
    AlreadyWithdrawn,
    check_chapters,
    check_line,
    check_signable,
)
from app.reports.events import AddendumSigned, DocumentsReissued, ReportWithdrawn
from app.reports.repository import documents, versions
from app.reports.service.writing import WITH_REPORT, identify


async def write_addendum(
    session: AsyncSession, *, case_id: int, base: int, text: str, actor: Actor, now: datetime
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
    AlreadyWithdrawn
        If the report was withdrawn.
    IdentityOpen
        If it is not settled whose images they are.
    Invalid
        If the text is empty or cannot be kept.
    """
    check_chapters(Chapters(conclusion=text))
    check_signable(Chapters(conclusion=text))
    await _lock_version(session, case_id=case_id, base=base)
    await case_service.check_identity_settled(session, case_id)
    version_id = await versions.add_signed(
        session,
        case_id=case_id,
        kind=DocumentKind.ADDENDUM,
        text=text,
        by=identify(actor),
        now=now,
    )
    await _tell(
        session, case_id, version_id=version_id, kind=EventKind.ADDENDUM, actor=actor, now=now
    )
    return AddendumSigned(case_id=case_id, version_id=version_id)


async def withdraw(
    session: AsyncSession, *, case_id: int, base: int, reason: str, actor: Actor, now: datetime
) -> ReportWithdrawn:
    """Withdraw the report of a case: a signed version says so, and why, wherever the report went.

    The case stays where it stands. An open identity does not stop it: a report under a wrong name
    is one more reason to take it back.

    Parameters
    ----------
    base
        Number of the last version that who withdraws has read.

    Raises
    ------
    MoveRefused
        If the case has no signed report.
    Conflict
        If another version was signed in the meantime.
    AlreadyWithdrawn
        If it was withdrawn before.
    Invalid
        If the reason is missing or cannot be kept.
    NotAllowed
        If the actor is no radiologist.
    """
    check_line(reason, name="the reason")
    by = identify(actor)
    await _lock_version(session, case_id=case_id, base=base)
    version_id = await versions.add_signed(
        session, case_id=case_id, kind=DocumentKind.WITHDRAWAL, text=reason, by=by, now=now
    )
    await _tell(
        session, case_id, version_id=version_id, kind=EventKind.WITHDRAWN, actor=actor, now=now
    )
    return ReportWithdrawn(case_id=case_id, version_id=version_id)


async def reissue(
    session: AsyncSession, *, case_id: int, now: datetime
) -> DocumentsReissued | None:
    """Make the documents of the last signed version anew, under the identity in force.

    They get UIDs of their own and refer to the earlier ones, which stay as they are.

    Returns
    -------
    DocumentsReissued or None
        Nothing when the case has no signed report.
    """
    case = await cases.lock_case(session, case_id)
    signed = await versions.list_signed(session, case_id)
    if CaseState(case.state) not in WITH_REPORT or not signed:
        return None
    version_id = signed[-1].id
    issue = await documents.add_documents(session, case_id=case_id, version_id=version_id, now=now)
    await cases.add_event(
        session,
        case_id=case_id,
        kind=EventKind.REISSUED,
        now=now,
        by_user_id=None,
        detail={"version": signed[-1].number, "issue": issue},
    )
    await cases.touch(session, case_id)
    return DocumentsReissued(case_id=case_id, version_id=version_id)


async def _tell(
    session: AsyncSession,
    case_id: int,
    *,
    version_id: int,
    kind: EventKind,
    actor: Actor,
    now: datetime,
) -> None:
    """Ask for the documents of a version, and put it on the timeline."""
    await documents.add_documents(session, case_id=case_id, version_id=version_id, now=now)
    version = await versions.get_version(session, version_id)
    await cases.add_event(
        session,
        case_id=case_id,
        kind=kind,
        now=now,
        by_user_id=actor.user_id,
        reason=version.conclusion if kind is EventKind.WITHDRAWN else "",
        detail={"version": version.number},
    )
    await cases.touch(session, case_id)


async def _lock_version(session: AsyncSession, *, case_id: int, base: int) -> None:
    """Lock a case whose report stands, and whose last version is still the one that was read."""
    case = await cases.lock_case(session, case_id)
    if CaseState(case.state) not in WITH_REPORT:
        raise MoveRefused(CaseState(case.state), CaseAction.SIGN)
    signed = await versions.list_signed(session, case_id)
    latest = signed[-1].number
    if latest != base:
        raise Conflict(
            f"version {latest} of this report was signed after you read version {base}: "
            "read it, then sign yours"
        )
    if read_chain([DocumentKind(each.kind) for each in signed]).is_withdrawn:
        raise AlreadyWithdrawn(latest)
