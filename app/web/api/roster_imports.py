"""Rosters from a file: what the export gives, with other holders, becomes a draft."""

from typing import Annotated

from fastapi import APIRouter, UploadFile

from app.directory.domain import Permission
from app.kit.errors import Invalid, NotFound
from app.planning.repository import plannings
from app.planning.service.roster_imports import import_roster
from app.web.api.revisions import RevisionView, ViolationView, view_violations
from app.web.api.volumes_months import read_name, read_upload
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import Key, View

router = APIRouter(prefix="/{planning_id}/imports")


class RosterImportView(View):
    """The draft that a file became, on what is in force."""

    revision: RevisionView
    lines: int
    changed: list[int]
    """Seats of which the draft says something new."""
    violations: list[ViolationView]


@router.post("", status_code=201, responses=raises(NotFound, Invalid))
async def post_import(
    planning_id: Key,
    file: UploadFile,
    work: Annotated[Work, needs(Permission.PLANNING_WRITE)],
) -> RosterImportView:
    """Read a roster from a file whole into a draft; with a fault nothing of it is taken."""
    found = await import_roster(
        work.session,
        await read_upload(file),
        planning_id=planning_id,
        name=read_name(file),
        actor=work.actor,
        now=work.now,
    )
    revision = await plannings.find_revision(work.session, found.revision_id)
    return RosterImportView(
        revision=RevisionView.model_validate(revision),
        lines=found.lines,
        changed=list(found.changed),
        violations=view_violations(found.violations),
    )
