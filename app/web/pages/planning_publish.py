"""Before a draft is published: who is concerned, what it breaks, when nobody would be there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.directory.domain import Permission
from app.directory.domain.actor import EVERYTHING
from app.directory.repository.organisations import list_sites
from app.pipeline import planning_published
from app.planning.domain.roster.profile import Rule
from app.planning.domain.validator import Severity, Violation
from app.planning.repository import plannings
from app.planning.repository.people import name_radiologists
from app.planning.service.drafts_review import Review, review_draft
from app.planning.service.publishing import publish_draft
from app.web.pages.door import Visit, visit
from app.web.pages.mine_view import name_line
from app.web.pages.planning_broken import Broken, tell_broken
from app.web.pages.planning_words import LACKS, RULES, SEVERITIES
from app.web.pages.rendering import render_page
from app.web.schemas import LARGEST_KEY, Key

router = APIRouter(prefix="/planning/revisions")

Publisher = Annotated[Visit, visit(Permission.PLANNING_PUBLISH)]
Version = Annotated[int, Form(ge=0, le=LARGEST_KEY)]
Reason = Annotated[str, Form(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
WantedMonth = Annotated[str | None, Query(max_length=7, pattern=r"^20\d\d-\d\d$")]
_MOST_SHOWN = 100
_MOST_SITES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishPage:
    """What is to be known, and what must be accepted."""

    revision_id: int
    name: str
    month: str | None
    review: Review
    people: dict[int, str]
    sites: dict[int, str]
    broken: Mapping[Severity, Sequence[Broken]]
    """At most so many of each as are shown."""
    most_shown: int = _MOST_SHOWN

    def count(self, severity: Severity) -> int:
        """Count what is broken, so severely, shown or not."""
        return sum(each.severity is severity for each in self.review.violations)

    @property
    def must_accept(self) -> tuple[Rule, ...]:
        """Hard rules that the draft breaks, each once."""
        return tuple(
            sorted({each.rule for each in self.review.violations if each.severity == "hard"})
        )

    @property
    def is_possible(self) -> bool:
        """Is there nothing that nobody may accept?"""
        return not (self.review.is_stale or self.review.over) and all(
            each.severity is not Severity.IMPOSSIBLE for each in self.review.violations
        )


@router.get("/{revision_id}/publish")
async def show_review(
    revision_id: Key, guest: Publisher, month: WantedMonth = None
) -> HTMLResponse:
    """Show what publishing would do."""
    revision = await plannings.find_revision(guest.session, revision_id)
    review = await review_draft(guest.session, revision_id, now=guest.work.now)
    sites = await list_sites(guest.session, scope=EVERYTHING, limit=_MOST_SITES, after=None)
    concerned = {each.radiologist for each in review.concerned}
    page = PublishPage(
        revision_id=revision_id,
        name=revision.name,
        month=month,
        review=review,
        people=await name_radiologists(guest.session, concerned),
        sites={each.id: each.name for each in sites},
        broken=await _tell_by_severity(guest, review.violations),
    )
    return render_page(
        "planning/publish.html",
        frame=guest.frame,
        view=page,
        lacks=LACKS,
        severities=SEVERITIES,
        rules=RULES,
        line_of=name_line,
    )


async def _tell_by_severity(
    guest: Visit, violations: Sequence[Violation]
) -> dict[Severity, list[Broken]]:
    shown = [
        each
        for severity in Severity
        for each in [one for one in violations if one.severity is severity][:_MOST_SHOWN]
    ]
    told = await tell_broken(guest, shown)
    return {severity: [each for each in told if each.severity is severity] for severity in Severity}


@router.post("/{revision_id}/publish")
async def publish(
    revision_id: Key,
    guest: Publisher,
    version: Version,
    accepted: Annotated[list[Rule] | None, Form()] = None,
    reason: Reason = "",
    month: WantedMonth = None,
) -> Response:
    """Put the draft in force, as it was shown."""
    event = await publish_draft(
        guest.session,
        revision_id=revision_id,
        actor=guest.work.actor,
        now=guest.work.now,
        accepted=accepted or (),
        looked_at=version,
        reason=reason or None,
    )
    await planning_published(guest.session, event)
    query = f"?month={month}" if month else ""
    return RedirectResponse(f"/planning{query}", 303)
