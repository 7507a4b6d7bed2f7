"""Use case of the addendum: what is signed stays, what is missing is added."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.domain.states import CaseAction, CaseState, MoveRefused
from app.cases.domain.timeline import EventKind
from app.directory.domain.actor import Actor
from app.kit.errors import Conflict
from app.reports.domain.document import Chapters
from app.reports.domain.versions import check_chapters, check_signable
from app.reports.events import AddendumSigned
from app.reports.repository import documents, versions
from app.reports.service.writing import identify

_WITH_REPORT = frozenset({CaseState.SIGNED, CaseState.DELIVERED, CaseState.ACKNOWLEDGED})


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
    Invalid
        If the text is empty or cannot be kept.
    """
    check_chapters(Chapters(conclusion=text))
    check_signable(Chapters(conclusion=text))
    await _lock_version(session, case_id=case_id, base=base)
    version_id = await versions.add_addendum(
        session, case_id=case_id, text=text, by=identify(actor), now=now
    )
    await documents.add_documents(session, case_id=case_id, version_id=version_id, now=now)
    await cases.add_event(
        session,
        case_id=case_id,
        kind=EventKind.ADDENDUM,
        now=now,
        by_user_id=actor.user_id,
        detail={"version": base + 1},
    )
    await cases.change(session, case_id)
    return AddendumSigned(case_id=case_id, version_id=version_id)


async def _lock_version(session: AsyncSession, *, case_id: int, base: int) -> None:
    """Lock a case whose last signed version is still the one that was read."""
    case = await cases.lock_case(session, case_id)
    if CaseState(case.state) not in _WITH_REPORT:
        raise MoveRefused(CaseState(case.state), CaseAction.SIGN)
    latest = (await versions.list_signed(session, case_id))[-1]
    if latest.number != base:
        raise Conflict(
            f"version {latest.number} of this report was signed after you read version {base}: "
            "read it, then add yours"
        )
