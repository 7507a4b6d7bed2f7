"""Queries on the versions of a report, and on preliminary results."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.errors import constraint_of
from app.directory.models import User
from app.reports.domain.document import Chapters, DocumentKind
from app.reports.domain.versions import DraftChanged, Means
from app.reports.models import Preliminary, ReportVersion


async def find_draft(
    session: AsyncSession, case_id: int, *, lock: bool = False
) -> ReportVersion | None:
    """Find the version of a case that is being written."""
    query = (
        select(ReportVersion)
        .where(ReportVersion.case_id == case_id, ReportVersion.signed_at.is_(None))
        .execution_options(populate_existing=True)
    )
    return await session.scalar(query.with_for_update(key_share=True) if lock else query)


async def list_signed(session: AsyncSession, case_id: int) -> Sequence[ReportVersion]:
    """List the signed versions of a case, the report first."""
    rows = await session.scalars(
        select(ReportVersion)
        .where(ReportVersion.case_id == case_id, ReportVersion.signed_at.is_not(None))
        .order_by(ReportVersion.number)
    )
    return rows.all()


async def get_version(session: AsyncSession, version_id: int) -> ReportVersion:
    """Read a version that is known to exist."""
    rows = await session.scalars(select(ReportVersion).where(ReportVersion.id == version_id))
    return rows.one()


async def add_draft(
    session: AsyncSession, *, case_id: int, chapters: Chapters, by_user_id: int, now: datetime
) -> None:
    """Insert the first draft of a case's report, behind what was signed and withdrawn.

    Raises
    ------
    DraftChanged
        If another tab inserted one in the meantime.
    """
    latest = select(func.coalesce(func.max(ReportVersion.number), 0)).where(
        ReportVersion.case_id == case_id
    )
    values = _values(chapters) | {
        "case_id": case_id,
        "number": latest.scalar_subquery() + 1,
        "kind": DocumentKind.REPORT.value,
        "created_at": now,
        "edited_at": now,
        "edited_by": by_user_id,
    }
    try:
        async with session.begin_nested():
            await session.execute(insert(ReportVersion).values(values))
    except IntegrityError as error:
        taken = {"uq_report_version_one_draft", "uq_report_version_case_id_number"}
        if constraint_of(error) not in taken:
            raise
        await refuse_change(session, case_id)


async def change_draft(
    session: AsyncSession,
    draft: ReportVersion,
    *,
    base: int,
    chapters: Chapters,
    by_user_id: int,
    now: datetime,
) -> int:
    """Replace the text of a draft that still has the number `base`; return its new number.

    Raises
    ------
    DraftChanged
        If somebody saved it in the meantime.
    """
    number = await session.scalar(
        update(ReportVersion)
        .where(
            ReportVersion.id == draft.id,
            ReportVersion.signed_at.is_(None),
            ReportVersion.draft_number == base,
        )
        .values(
            _values(chapters)
            | {"draft_number": base + 1, "edited_at": now, "edited_by": by_user_id}
        )
        .returning(ReportVersion.draft_number)
        .execution_options(synchronize_session=False)
    )
    if number is None:
        await refuse_change(session, draft.case_id)
    return base + 1


async def refuse_change(session: AsyncSession, case_id: int) -> None:
    """Tell who saved the latest text of a case's report, and when.

    Raises
    ------
    DraftChanged
        Always.
    """
    row = (
        await session.execute(
            select(ReportVersion.draft_number, ReportVersion.edited_at, User.display_name)
            .join(User, User.id == ReportVersion.edited_by)
            .where(ReportVersion.case_id == case_id)
            .order_by(ReportVersion.number.desc())
            .limit(1)
        )
    ).one()
    raise DraftChanged(draft_number=row.draft_number, by=row.display_name, at=row.edited_at)


async def sign_draft(
    session: AsyncSession, draft: ReportVersion, *, base: int, radiologist_id: int, now: datetime
) -> None:
    """Sign the draft by a guarded UPDATE; from now on a trigger refuses any change.

    Raises
    ------
    DraftChanged
        If the draft is not the one that the signer read.
    """
    signed = await session.scalar(
        update(ReportVersion)
        .where(
            ReportVersion.id == draft.id,
            ReportVersion.signed_at.is_(None),
            ReportVersion.draft_number == base,
        )
        .values(signed_at=now, signed_by=radiologist_id)
        .returning(ReportVersion.id)
        .execution_options(synchronize_session=False)
    )
    if signed is None:
        await refuse_change(session, draft.case_id)


async def add_signed(
    session: AsyncSession,
    *,
    case_id: int,
    kind: DocumentKind,
    text: str,
    by: tuple[int, int],
    now: datetime,
) -> int:
    """Insert an addendum or a withdrawal, signed, behind the last version; return its id.

    `by` is the author's user id and radiologist id.

    The caller holds the case's row, so that no other version comes between.
    """
    user_id, radiologist_id = by
    latest = select(func.max(ReportVersion.number)).where(ReportVersion.case_id == case_id)
    version_id: int = (
        await session.execute(
            insert(ReportVersion)
            .values(
                case_id=case_id,
                number=latest.scalar_subquery() + 1,
                kind=kind.value,
                conclusion=text,
                created_at=now,
                edited_at=now,
                edited_by=user_id,
                signed_at=now,
                signed_by=radiologist_id,
            )
            .returning(ReportVersion.id)
        )
    ).scalar_one()
    return version_id


async def add_preliminary(
    session: AsyncSession,
    *,
    case_id: int,
    radiologist_id: int,
    text: str,
    told_to: str,
    means: Means,
    now: datetime,
) -> int:
    """Insert a preliminary result; return its id."""
    preliminary_id: int = (
        await session.execute(
            insert(Preliminary)
            .values(
                case_id=case_id,
                at=now,
                by_radiologist_id=radiologist_id,
                text=text,
                told_to=told_to,
                means=means.value,
            )
            .returning(Preliminary.id)
        )
    ).scalar_one()
    return preliminary_id


def _values(chapters: Chapters) -> dict[str, Any]:
    return {
        "indication": chapters.indication,
        "technique": chapters.technique,
        "dose": chapters.dose,
        "findings": chapters.findings,
        "conclusion": chapters.conclusion,
    }
