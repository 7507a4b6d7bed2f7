"""Rows of the worklist that changed, and how they are handed to pages."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from app.web.subscription import Change, RowChange, Subscription, Told
from app.web.worklist_hub import WorklistHub
from app.worklist.views.worklist import Nominee, StudyMarks, WorklistRow

NOW = datetime(2026, 3, 2, 3, tzinfo=UTC)
SESSION = 40
SOON_S = 0.02
"""What is sent at once has come within it."""


def row(case_id: int, *, site: int, asked: Collection[int] = ()) -> WorklistRow:
    """Make the row of a case to read."""
    return WorklistRow(
        case_id=case_id,
        version=1,
        priority="P1",
        state="nominated",
        state_at=NOW,
        site_id=site,
        site_name="Site",
        patient_name="MARTIN^PAUL",
        patient_birth_date="19510203",
        patient_sex="M",
        description="CT",
        first_image_at=NOW,
        signed_due_at=NOW + timedelta(minutes=30),
        slack_ends_at=NOW + timedelta(minutes=15),
        instance_count=1,
        seen_count=0,
        complete=False,
        complete_reason=None,
        preliminary_at=None,
        reader_id=None,
        reader_name=None,
        nominees=tuple(
            Nominee(radiologist_id=each, name="Dr", acknowledged=False) for each in asked
        ),
        images=(),
        report_dead=False,
        critical=False,
        marks=StudyMarks(),
    )


def change(case_id: int, *, site: int, readers: Collection[int] = ()) -> Change:
    """Make the change of a case that a notice tells of."""
    return Change(case_id, site, reader_ids=frozenset(readers))


def hand(
    hub: WorklistHub,
    *changed: RowChange,
    asked: Collection[int] = (SESSION,),
    live: Collection[int] = (SESSION,),
) -> None:
    """Hand rows that changed, as if they had just been read."""
    hub.hand(
        {each.change.case_id or 0: each.change for each in changed},
        {each.after.case_id: each.after for each in changed if each.after is not None},
        asked_sessions=asked,
        live_sessions=live,
        at=NOW,
    )


async def look(page: Subscription) -> Told | None:
    """Give what a page is told at once, if anything is."""
    return await page.wait(longest_s=SOON_S)
