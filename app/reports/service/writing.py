"""Use cases of the draft: one for each case, that two tabs cannot overwrite unseen."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.domain.states import CaseState
from app.cases.models import Case
from app.directory.domain.actor import Actor
from app.kit.errors import Conflict, NotAllowed
from app.reports.domain.chain import read_chain
from app.reports.domain.document import Chapters, DocumentKind
from app.reports.domain.versions import NotTheReader, check_chapters
from app.reports.models import ReportVersion
from app.reports.repository import versions

WITH_REPORT = frozenset({CaseState.SIGNED, CaseState.DELIVERED, CaseState.ACKNOWLEDGED})
"""The states of a case that has a signed report."""

NO_DRAFT = 0
"""Number of a draft that was never saved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The text being written.

    Attributes
    ----------
    draft_number
        Raised at each save; `NO_DRAFT` before the first.
    """

    case_id: int
    draft_number: int
    chapters: Chapters
    edited_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A locked case, and who writes its report.

    Attributes
    ----------
    replaces
        The report was withdrawn, and a new one is written in its place.
    """

    user_id: int
    radiologist_id: int
    case: Case
    replaces: bool = False


async def read_draft(session: AsyncSession, *, case_id: int) -> Draft:
    """Read the draft of a case; empty, with number 0, when nobody has saved one."""
    found = await versions.find_draft(session, case_id)
    if found is None:
        return Draft(case_id=case_id, draft_number=NO_DRAFT, chapters=Chapters())
    return Draft(
        case_id=case_id,
        draft_number=found.draft_number,
        chapters=read_chapters(found),
        edited_at=found.edited_at,
    )


async def save_draft(
    session: AsyncSession,
    *,
    case_id: int,
    base: int,
    chapters: Chapters,
    actor: Actor,
    now: datetime,
) -> Draft:
    """Save the draft that started from number `base`.

    A draft outlives its reader: who takes the case over writes on. After a withdrawal, any
    radiologist who may write there writes the new report.

    Raises
    ------
    DraftChanged
        If somebody saved it in the meantime; their text stands.
    NotTheReader
        If the actor does not read the case now, and no withdrawn report is to be replaced.
    Invalid
        If a chapter cannot be kept.
    """
    check_chapters(chapters)
    user_id = (await lock_for_writer(session, case_id=case_id, actor=actor)).user_id
    found = await versions.find_draft(session, case_id)
    if found is None:
        if base != NO_DRAFT:
            raise Conflict(f"there is no draft {base} of this report: start from draft {NO_DRAFT}")
        await versions.add_draft(
            session, case_id=case_id, chapters=chapters, by_user_id=user_id, now=now
        )
        number = 1
    else:
        number = await versions.change_draft(
            session, found, base=base, chapters=chapters, by_user_id=user_id, now=now
        )
    return Draft(case_id=case_id, draft_number=number, chapters=chapters, edited_at=now)


async def lock_for_reader(session: AsyncSession, *, case_id: int, actor: Actor) -> Hold:
    """Lock a case that the actor reads now.

    Raises
    ------
    NotTheReader
        If the case is not `reading`, or another reads it.
    NotAllowed
        If the actor is no radiologist.
    """
    user_id, radiologist_id = identify(actor)
    case = await cases.lock_case(session, case_id)
    if CaseState(case.state) is not CaseState.READING:
        raise NotTheReader(
            f"case {case_id} is {case.state}: its report is written while you read it"
        )
    if case.reader_id != radiologist_id:
        raise NotTheReader(f"case {case_id} is read by somebody else now: claim it first")
    return Hold(user_id=user_id, radiologist_id=radiologist_id, case=case)


async def lock_for_writer(session: AsyncSession, *, case_id: int, actor: Actor) -> Hold:
    """Lock a case that the actor reads now, or whose report was withdrawn.

    Raises
    ------
    NotTheReader
        If neither is so.
    NotAllowed
        If the actor is no radiologist.
    """
    user_id, radiologist_id = identify(actor)
    case = await cases.lock_case(session, case_id)
    if CaseState(case.state) in WITH_REPORT and await _is_withdrawn(session, case_id):
        return Hold(user_id=user_id, radiologist_id=radiologist_id, case=case, replaces=True)
    return await lock_for_reader(session, case_id=case_id, actor=actor)


async def _is_withdrawn(session: AsyncSession, case_id: int) -> bool:
    signed = await versions.list_signed(session, case_id)
    return read_chain([DocumentKind(each.kind) for each in signed]).is_withdrawn


def identify(actor: Actor) -> tuple[int, int]:
    """Return the user id and the radiologist id of an actor who is both.

    Raises
    ------
    NotAllowed
        If the actor is not.
    """
    if actor.user_id is None or actor.radiologist_id is None:
        raise NotAllowed("only a radiologist writes reports: your login belongs to none")
    return actor.user_id, actor.radiologist_id


def read_chapters(version: ReportVersion) -> Chapters:
    """Take the text out of a version."""
    return Chapters(
        indication=version.indication,
        technique=version.technique,
        dose=version.dose,
        findings=version.findings,
        conclusion=version.conclusion,
    )
