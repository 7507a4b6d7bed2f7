"""People as rosters know them: statute, working time, authorisations, who is kept apart."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Permission, PermissionDenied
from app.directory.service.radiologists import set_practice
from app.kit.errors import AppError, Conflict, Invalid
from app.planning.domain.authorisations import Allowed
from app.planning.models import Authorisation, WorkingTime
from app.planning.service import authorisations, editing, incompatibilities, working_times
from app.planning.service.dated import delete_dated, end_dated
from app.web.api.instants import Day
from app.web.errors import status_of
from app.web.pages.door import Visit, visit
from app.web.pages.people_forms import (
    AuthorisationForm,
    EndForm,
    PairForm,
    PracticeForm,
    WorkingTimeForm,
)
from app.web.pages.people_load import Place, find_place, load_people
from app.web.pages.people_view import PeoplePage, Refusal
from app.web.pages.people_words import AUTHORISED_AS, explain, name_statute
from app.web.pages.rendering import render_page
from app.web.schemas import LARGEST_KEY, Key

router = APIRouter(prefix="/planning/people")

REFUSED = (Conflict, Invalid, PermissionDenied)
"""What is said where it was typed; anything else has a page of its own."""

Writer = Annotated[Visit, visit(Permission.PEOPLE_WRITE)]


@dataclass(frozen=True, slots=True)
class Desk:
    """Somebody who looks at the people of a society, and changes something of one of them."""

    guest: Visit
    place: Place

    @property
    def session(self) -> AsyncSession:
        """The session of the transaction."""
        return self.guest.session

    @property
    def acts(self) -> dict[str, Any]:
        """Who acts, and today: as use cases ask for them."""
        return {"actor": self.guest.work.actor, "today": self.guest.work.today}

    async def change(
        self,
        act: Callable[[], Awaitable[object]],
        *,
        person: int | None,
        form: str,
        typed: Mapping[str, str] | None = None,
    ) -> Response:
        """Do something and look again; what is refused was not begun, and is said in its form."""
        try:
            await act()
        except REFUSED as error:
            return await self.refuse(error, person=person, form=form, typed=typed)
        anchor = "#sessions" if person is None else f"#person-{person}"
        return RedirectResponse(self.place.address(anchor=anchor), 303)

    async def refuse(
        self, error: AppError, *, person: int | None, form: str, typed: Mapping[str, str] | None
    ) -> HTMLResponse:
        """Show the people, and in the form why what was typed was not taken."""
        text = explain(error, texts=self.guest.frame.texts)
        refusal = Refusal(person=person, form=form, text=text, typed=typed or {})
        page = replace(await load_people(self.guest, self.place), refusal=refusal)
        return show_people(self.guest, page, status=status_of(error))


async def _open_desk(
    guest: Writer,
    society: Annotated[int | None, Query(ge=1, le=LARGEST_KEY)] = None,
    on: Day | None = None,
) -> Desk:
    return Desk(guest, await find_place(guest, society, on))


AtDesk = Annotated[Desk, Depends(_open_desk, scope="function")]
"""Which people are shown stays the same after each change."""


def show_people(guest: Visit, page: PeoplePage, *, status: int = 200) -> HTMLResponse:
    """Show the people of a society."""
    texts = guest.frame.texts
    answer = render_page(
        "people/page.html",
        frame=guest.frame,
        view=page,
        status=status,
        authorised_as=AUTHORISED_AS,
        statutes={each: name_statute(each, texts=texts) for each in page.statutes},
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.get("")
async def show_page(desk: AtDesk) -> HTMLResponse:
    """Show what rosters know of the people of a society on a date."""
    return show_people(desk.guest, await load_people(desk.guest, desk.place))


@router.post("/{person}/practice")
async def change_practice(
    person: Key, desk: AtDesk, form: Annotated[PracticeForm, Form()]
) -> Response:
    """Say by which statute somebody works, and what they are able to read."""
    return await desk.change(
        lambda: set_practice(
            desk.session,
            radiologist_id=person,
            statute=form.statute,
            sub_specialties=[*form.skills, form.another],
            **desk.acts,
        ),
        person=person,
        form=f"practice-{person}",
        typed=form.repeat(),
    )


@router.post("/{person}/working-times")
async def add_working_time(
    person: Key, desk: AtDesk, form: Annotated[WorkingTimeForm, Form()]
) -> Response:
    """Write which part of a full time somebody works."""
    return await desk.change(
        lambda: working_times.add_working_time(
            desk.session,
            radiologist_id=person,
            dates=form.read_dates(),
            fte=form.read_fte(),
            **desk.acts,
        ),
        person=person,
        form=f"time-{person}",
        typed=form.repeat(),
    )


@router.post("/{person}/working-times/{row}/end")
async def end_working_time(
    person: Key, row: Key, desk: AtDesk, form: Annotated[EndForm, Form()]
) -> Response:
    """End a working time on a last day."""
    return await desk.change(
        lambda: end_dated(desk.session, WorkingTime, row, on=form.read_end(), **desk.acts),
        person=person,
        form=f"time-end-{row}",
        typed=form.repeat(),
    )


@router.post("/{person}/working-times/{row}/delete")
async def delete_working_time(person: Key, row: Key, desk: AtDesk) -> Response:
    """Delete a working time that was written by mistake."""
    return await desk.change(
        lambda: delete_dated(desk.session, WorkingTime, row, **desk.acts),
        person=person,
        form=f"time-end-{row}",
    )


@router.post("/{person}/authorisations")
async def add_authorisation(
    person: Key, desk: AtDesk, form: Annotated[AuthorisationForm, Form()]
) -> Response:
    """Write that somebody from outside may hold seats opened to them."""

    async def add() -> None:
        allowed = Allowed(person, form.kind, form.reference.strip(), form.read_dates())
        await authorisations.add_authorisation(
            desk.session, allowed, now=desk.guest.work.now, **desk.acts
        )

    return await desk.change(
        add, person=person, form=f"authorisation-{person}", typed=form.repeat()
    )


@router.post("/{person}/authorisations/{row}/end")
async def end_authorisation(
    person: Key, row: Key, desk: AtDesk, form: Annotated[EndForm, Form()]
) -> Response:
    """End an authorisation on a last day."""
    return await desk.change(
        lambda: end_dated(desk.session, Authorisation, row, on=form.read_end(), **desk.acts),
        person=person,
        form=f"authorisation-end-{row}",
        typed=form.repeat(),
    )


@router.post("/{person}/authorisations/{row}/delete")
async def delete_authorisation(person: Key, row: Key, desk: AtDesk) -> Response:
    """Delete an authorisation that was written by mistake."""
    return await desk.change(
        lambda: delete_dated(desk.session, Authorisation, row, **desk.acts),
        person=person,
        form=f"authorisation-end-{row}",
    )


@router.post("/{person}/incompatibilities")
async def add_incompatibility(
    person: Key, desk: AtDesk, form: Annotated[PairForm, Form()]
) -> Response:
    """Write that two are never on guard together."""

    async def add() -> None:
        other = await editing.find_by_name(desk.session, form.other)
        await incompatibilities.add_incompatibility(
            desk.session, one=person, other=other, **desk.acts
        )

    return await desk.change(add, person=person, form=f"pair-{person}", typed=form.repeat())


@router.post("/{person}/incompatibilities/{row}/delete")
async def delete_incompatibility(person: Key, row: Key, desk: AtDesk) -> Response:
    """Let two be on guard together again."""
    return await desk.change(
        lambda: incompatibilities.delete_incompatibility(desk.session, row, **desk.acts),
        person=person,
        form=f"pair-{person}",
    )
