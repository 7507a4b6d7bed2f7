"""Writing on the page of a case: the report, its signature, what is told before and added after."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import RedirectResponse

from app import pipeline
from app.cases.repository import CaseNotFound
from app.directory.domain import Permission
from app.reports import service as reports
from app.reports.domain.document import Chapters
from app.reports.domain.versions import LONGEST_CHAPTER, LONGEST_LINE, Means, check_signable
from app.web.case_access import enter_case
from app.web.pages.door import Visit, visit
from app.web.pages.rendering import is_htmx, render_part
from app.web.schemas import LARGEST_KEY, Key
from app.worklist.queries.worklist import load_row
from app.worklist.views.worklist import WorklistRow

router = APIRouter(prefix="/cases/{case_id}")

Writer = Annotated[Visit, visit(Permission.REPORT_WRITE)]
Chapter = Annotated[str, Form(max_length=LONGEST_CHAPTER)]
Line = Annotated[str, Form(min_length=1, max_length=LONGEST_LINE)]
Number = Annotated[int, Form(ge=0, le=LARGEST_KEY)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPart:
    """That the draft is saved, under which number, and what is about to be signed."""

    draft_number: int
    edited_at: datetime | None
    zone: ZoneInfo
    row: WorklistRow | None = None
    conclusion: str = ""


def read_chapters(
    indication: Chapter = "",
    technique: Chapter = "",
    dose: Chapter = "",
    findings: Chapter = "",
    conclusion: Chapter = "",
) -> Chapters:
    """Read the text of the editor; browsers send line ends as CR LF."""
    texts = {
        "indication": indication,
        "technique": technique,
        "dose": dose,
        "findings": findings,
        "conclusion": conclusion,
    }
    return Chapters(**{name: text.replace("\r\n", "\n") for name, text in texts.items()})


async def _save(guest: Visit, case_id: int, *, base: int, chapters: Chapters) -> reports.Draft:
    await enter_case(guest.work, case_id, Permission.REPORT_WRITE)
    return await pipeline.save_draft(
        guest.session,
        case_id,
        base=base,
        chapters=chapters,
        actor=guest.work.actor,
        now=guest.work.now,
    )


@router.post("/report")
async def save_report(
    case_id: Key, guest: Writer, base: Number, chapters: Annotated[Chapters, Depends(read_chapters)]
) -> Response:
    """Save the draft."""
    draft = await _save(guest, case_id, base=base, chapters=chapters)
    if not is_htmx(guest.request):
        return RedirectResponse(f"/cases/{case_id}", 303)
    view = SavedPart(
        draft_number=draft.draft_number, edited_at=draft.edited_at, zone=guest.frame.zone
    )
    return render_part("case/page.html", "saved", frame=guest.frame, view=view)


@router.post("/report/review")
async def review_report(
    case_id: Key, guest: Writer, base: Number, chapters: Annotated[Chapters, Depends(read_chapters)]
) -> Response:
    """Save the draft, and repeat for whom it is about to be signed."""
    check_signable(chapters)
    draft = await _save(guest, case_id, base=base, chapters=chapters)
    row = await load_row(guest.session, case_id=case_id)
    if row is None:
        raise CaseNotFound(case_id)
    view = SavedPart(
        draft_number=draft.draft_number,
        edited_at=draft.edited_at,
        zone=guest.frame.zone,
        row=row,
        conclusion=chapters.conclusion,
    )
    return render_part("case/page.html", "review", frame=guest.frame, view=view)


@router.post("/report/sign")
async def sign_report(
    case_id: Key, guest: Writer, base: Number, instance_count: Number
) -> Response:
    """Sign the draft that was reviewed."""
    await enter_case(guest.work, case_id, Permission.REPORT_WRITE)
    await pipeline.sign_report(
        guest.session,
        case_id,
        base=base,
        instance_count=instance_count,
        actor=guest.work.actor,
        now=guest.work.now,
    )
    place = f"/cases/{case_id}"
    if is_htmx(guest.request):
        return Response(status_code=204, headers={"HX-Redirect": place})
    return RedirectResponse(place, 303)


@router.post("/preliminary")
async def give_preliminary(
    case_id: Key, guest: Writer, text: Line, told_to: Line, means: Annotated[Means, Form()]
) -> Response:
    """Note a first result that was told."""
    await enter_case(guest.work, case_id, Permission.REPORT_WRITE)
    await pipeline.give_preliminary(
        guest.session,
        case_id,
        text=text,
        told_to=told_to,
        means=means,
        actor=guest.work.actor,
        now=guest.work.now,
    )
    return RedirectResponse(f"/cases/{case_id}", 303)


@router.post("/addenda")
async def add_addendum(
    case_id: Key,
    guest: Writer,
    base: Number,
    text: Annotated[str, Form(min_length=1, max_length=LONGEST_CHAPTER)],
) -> Response:
    """Sign an addendum."""
    await enter_case(guest.work, case_id, Permission.REPORT_WRITE)
    await pipeline.add_addendum(
        guest.session,
        case_id,
        base=base,
        text=text.replace("\r\n", "\n"),
        actor=guest.work.actor,
        now=guest.work.now,
    )
    return RedirectResponse(f"/cases/{case_id}", 303)
