"""Studies that are no case, each with its reason; a click makes one a case, and back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app import pipeline
from app.directory.domain import Permission
from app.directory.models import Site
from app.directory.repository.organisations import list_sites
from app.intake.domain.classes import IntakeClass
from app.intake.models import Study
from app.intake.repository.lists import StudyFilter, list_studies
from app.kit.interval import Interval
from app.web.pages.door import Visit, visit
from app.web.pages.rendering import render_page
from app.web.schemas import LARGEST_KEY, Key
from app.web.study_access import enter_study

router = APIRouter(prefix="/no-case")

Sorter = Annotated[Visit, visit(Permission.STUDY_SORT)]
SiteWanted = Annotated[str, Query(pattern=r"^[0-9]{0,18}$")]
Before = Annotated[int | None, Query(ge=1, le=LARGEST_KEY)]
_PAGE = 100
_MOST_SITES = 500
_BACK = timedelta(days=3)
"""How long what was made a case by hand is shown for the way back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyShown:
    """A study in the list: nothing that tells who the patient is."""

    study: Study
    site_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoCasePage:
    """What is no case, newest first; and what somebody made a case lately."""

    studies: tuple[StudyShown, ...]
    made_cases: tuple[StudyShown, ...]
    sites: tuple[Site, ...]
    site_id: int | None
    classes: tuple[str, ...]
    """What a study may be instead of a case."""
    older_than: int | None
    """Where the next page begins."""


@router.get("")
async def show_no_case(
    guest: Sorter, site_id: SiteWanted = "", before: Before = None
) -> HTMLResponse:
    """Show what is no case, and why."""
    scope = guest.work.scope(Permission.STUDY_SORT)
    sites = await list_sites(guest.session, scope=scope, limit=_MOST_SITES, after=None)
    names = {each.id: each.name for each in sites}
    site = int(site_id) if site_id else None
    found = await list_studies(
        guest.session,
        scope=scope,
        wanted=StudyFilter(site_id=site, no_case=True),
        limit=_PAGE,
        before=before,
    )
    page = NoCasePage(
        studies=_show(found, names=names),
        made_cases=_show(await _list_made_cases(guest, site_id=site), names=names),
        sites=tuple(sorted(sites, key=lambda each: each.name)),
        site_id=site,
        classes=tuple(each.value for each in IntakeClass if each is not IntakeClass.CASE),
        older_than=found[-1].id if len(found) == _PAGE else None,
    )
    return render_page("no_case/page.html", frame=guest.frame, view=page)


async def _list_made_cases(guest: Visit, *, site_id: int | None) -> list[Study]:
    now = guest.work.now
    found = await list_studies(
        guest.session,
        scope=guest.work.scope(Permission.STUDY_SORT),
        wanted=StudyFilter(
            site_id=site_id,
            arrived=Interval(now - _BACK, now + timedelta(seconds=1)),
            intake_class=IntakeClass.CASE.value,
        ),
        limit=_MOST_SITES,
        before=None,
    )
    return [each for each in found if each.intake_by is not None]


def _show(studies: Iterable[Study], *, names: dict[int, str]) -> tuple[StudyShown, ...]:
    return tuple(StudyShown(study=each, site_name=names.get(each.site_id, "?")) for each in studies)


@router.post("/{study_id}")
async def class_study(
    study_id: Key,
    guest: Sorter,
    intake_class: Annotated[IntakeClass, Form()],
    reason: Annotated[str, Form(min_length=1, max_length=500)],
) -> Response:
    """Say what a study is: a case, which opens one; or none, which it then leaves."""
    await enter_study(guest.work, study_id, Permission.STUDY_SORT)
    await pipeline.reclass_study(
        guest.session,
        study_id,
        intake_class=intake_class,
        reason=reason,
        actor=guest.work.actor,
        now=guest.work.now,
    )
    return RedirectResponse("/no-case", 303)
