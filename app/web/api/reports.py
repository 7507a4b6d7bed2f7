"""The report of a case: preliminary result, draft, signature, addenda, withdrawal, its page."""

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from app import pipeline
from app.cases import repository as case_repository
from app.directory.domain import Permission
from app.kit.errors import Conflict, NotFound
from app.reports import service as reports
from app.reports.domain.document import Chapters
from app.reports.domain.versions import LONGEST_CHAPTER, LONGEST_LINE, Means
from app.reports.repository import documents, versions
from app.store.files import read_back
from app.web.case_access import enter_case, may_in_case
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import LARGEST_KEY, Body, Key, View

router = APIRouter(prefix="/cases/{case_id}", tags=["reports"])

Reader = Annotated[Work, needs(Permission.REPORT_READ)]
Writer = Annotated[Work, needs(Permission.REPORT_WRITE)]

Chapter = Annotated[str, Field(max_length=LONGEST_CHAPTER)]
Number = Annotated[int, Field(ge=0, le=LARGEST_KEY)]
Told = Annotated[str, Field(min_length=1, max_length=LONGEST_LINE)]


class DraftBody(Body):
    """The whole text of a draft, and the number of the one it started from: 0 for the first.

    `dose` is what the exam irradiated, with its units.
    """

    draft_number: Number
    indication: Chapter = ""
    technique: Chapter = ""
    dose: Chapter = ""
    findings: Chapter = ""
    conclusion: Chapter = ""


class SignatureBody(Body):
    """What the signer was shown: the draft, and how many images."""

    draft_number: Number
    instance_count: Number


class AddendumBody(Body):
    """What is added, and the number of the version that its author read."""

    version_number: Number
    text: Chapter


class WithdrawalBody(Body):
    """Why the report no longer counts, and the number of the version that was read."""

    version_number: Number
    reason: Told


class PreliminaryBody(Body):
    """A first result: what was said, to whom, and how."""

    text: Told
    told_to: Told
    means: Means


class DraftView(View):
    """The text being written; `draft_number` is 0 before the first save."""

    draft_number: int
    indication: str
    technique: str
    dose: str
    findings: str
    conclusion: str
    edited_at: datetime | None


class VersionView(View):
    """A signed version: a report, an addendum with its text, or a withdrawal with its reason."""

    number: int
    kind: str
    indication: str
    technique: str
    dose: str
    findings: str
    conclusion: str
    signed_at: datetime
    signed_by: int


class ReportView(View):
    """The report of a case; the draft is for those who may write it."""

    state: str
    draft: DraftView | None
    versions: list[VersionView]


def _view_draft(draft: reports.Draft) -> DraftView:
    text = draft.chapters
    return DraftView(
        draft_number=draft.draft_number,
        indication=text.indication,
        technique=text.technique,
        dose=text.dose,
        findings=text.findings,
        conclusion=text.conclusion,
        edited_at=draft.edited_at,
    )


async def _show(work: Work, case_id: int) -> ReportView:
    case = await case_repository.get_case(work.session, case_id)
    signed = await versions.list_signed(work.session, case_id)
    draft = None
    if await may_in_case(work, case_id, Permission.REPORT_WRITE):
        draft = _view_draft(await reports.read_draft(work.session, case_id=case_id))
    return ReportView(
        state=case.state,
        draft=draft,
        versions=[VersionView.model_validate(each) for each in signed],
    )


@router.get("/report", responses=raises(NotFound))
async def show_report(case_id: Key, work: Reader) -> ReportView:
    """Show the signed versions, and the draft to those who may write it; the view is logged."""
    await enter_case(work, case_id, Permission.REPORT_READ)
    work.note_access("view", subject="report", subject_id=case_id)
    return await _show(work, case_id)


@router.put("/report", responses=raises(NotFound, Conflict))
async def put_report(case_id: Key, body: DraftBody, work: Writer) -> DraftView:
    """Save the draft; when somebody saved it in the meantime, the answer says who and when."""
    await enter_case(work, case_id, Permission.REPORT_WRITE)
    draft = await pipeline.save_draft(
        work.session,
        case_id,
        base=body.draft_number,
        chapters=Chapters(
            indication=body.indication,
            technique=body.technique,
            dose=body.dose,
            findings=body.findings,
            conclusion=body.conclusion,
        ),
        actor=work.actor,
        now=work.now,
    )
    return _view_draft(draft)


@router.post("/report/sign", responses=raises(NotFound, Conflict))
async def sign_report(case_id: Key, body: SignatureBody, work: Writer) -> ReportView:
    """Sign the draft that one has read: it never changes again, and leaves for the hospital."""
    await enter_case(work, case_id, Permission.REPORT_WRITE)
    await pipeline.sign_report(
        work.session,
        case_id,
        base=body.draft_number,
        instance_count=body.instance_count,
        actor=work.actor,
        now=work.now,
    )
    return await _show(work, case_id)


@router.post("/report/addenda", status_code=201, responses=raises(NotFound, Conflict))
async def create_addendum(case_id: Key, body: AddendumBody, work: Writer) -> ReportView:
    """Sign an addendum; what was signed before stays as it is."""
    await enter_case(work, case_id, Permission.REPORT_WRITE)
    await pipeline.add_addendum(
        work.session,
        case_id,
        base=body.version_number,
        text=body.text,
        actor=work.actor,
        now=work.now,
    )
    return await _show(work, case_id)


@router.post("/report/withdraw", status_code=201, responses=raises(NotFound, Conflict))
async def withdraw_report(case_id: Key, body: WithdrawalBody, work: Writer) -> ReportView:
    """Sign that the report no longer counts; the hospital is told wherever the report went.

    Its signer does it, or another radiologist of the site. A new report may be written then.
    """
    await enter_case(work, case_id, Permission.REPORT_WRITE)
    await pipeline.withdraw_report(
        work.session,
        case_id,
        base=body.version_number,
        reason=body.reason,
        actor=work.actor,
        now=work.now,
    )
    return await _show(work, case_id)


@router.post("/preliminary", status_code=201, responses=raises(NotFound, Conflict))
async def create_preliminary(case_id: Key, body: PreliminaryBody, work: Writer) -> None:
    """Note a first result that was told before the report."""
    await enter_case(work, case_id, Permission.REPORT_WRITE)
    await pipeline.give_preliminary(
        work.session,
        case_id,
        text=body.text,
        told_to=body.told_to,
        means=body.means,
        actor=work.actor,
        now=work.now,
    )


@router.get(
    "/report/{number}/pdf",
    response_class=Response,
    responses={
        **raises(NotFound, Conflict),
        200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}},
    },
)
async def download_page(
    case_id: Key,
    number: Key,
    work: Reader,
    study_id: Annotated[
        int | None, Query(ge=1, le=LARGEST_KEY, description="of several studies of the case")
    ] = None,
) -> Response:
    """Download a signed version as it was rendered once; the view is logged."""
    await enter_case(work, case_id, Permission.REPORT_READ)
    work.note_access("download", subject="report", subject_id=case_id)
    page = await documents.get_page(work.session, case_id=case_id, number=number, study_id=study_id)
    path = work.container.settings.data_dir / str(page.path)
    content = await asyncio.to_thread(read_back, path, expected_digest=page.digest or b"")
    name = f"report-{case_id}-{number}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type="application/pdf", headers=headers)
