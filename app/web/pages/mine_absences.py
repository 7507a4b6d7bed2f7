"""What one tells of oneself: absences and wishes, looked at before they are saved; last acts."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from app.directory.domain import Permission
from app.kit.errors import Invalid
from app.kit.interval import Interval
from app.planning.domain.absences import AbsenceKind
from app.planning.domain.calendar import instant_of
from app.planning.domain.roster.people import Wish, WishKind
from app.planning.repository import assignments
from app.planning.service import absences, last_acts, wishes
from app.web.api.instants import make_interval
from app.web.pages.door import Visit, visit
from app.web.pages.mine import lead_back, show_mine
from app.web.pages.mine_load import Person, find_person, load_mine
from app.web.pages.mine_view import Preview, show_seats
from app.web.schemas import LARGEST_KEY, Key

router = APIRouter(prefix="/planning/mine")

Writer = Annotated[Visit, visit(Permission.ABSENCE_WRITE)]
Of = Annotated[int | None, Query(ge=1, le=LARGEST_KEY)]
_MINUTE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}$"
Minute = Annotated[str, Field(pattern=_MINUTE)]
Seen = Annotated[str, Field(max_length=5000, pattern=r"^[0-9,]*$")]
_FIRST_YEAR, _LAST_YEAR = 2000, 2099


class PeriodForm(BaseModel):
    """A stretch of time on the wall of the group, and what was shown to be touched by it."""

    model_config = ConfigDict(frozen=True)

    start: Minute
    end: Minute
    seen: Seen | None = None

    def read_period(self, guest: Visit) -> Interval:
        """Read the stretch of time."""
        start, end = (_read_instant(guest, each) for each in (self.start, self.end))
        return make_interval(start, end)

    def repeat(self) -> Mapping[str, str]:
        """Give the fields as they are sent again."""
        return {
            name: str(value)
            for name, value in self.model_dump(mode="json", exclude={"seen"}).items()
        }


class AbsenceForm(PeriodForm):
    """An absence as it is typed."""

    kind: AbsenceKind = AbsenceKind.LEAVE
    reason: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


class WishForm(PeriodForm):
    """A wish as it is typed."""

    kind: WishKind
    weight: Annotated[int, Field(ge=1, le=3)] = 1


def _read_instant(guest: Visit, text: str) -> datetime:
    """Read what was typed on the wall of the group, in UTC."""
    return instant_of(_read_wall(text), zone=guest.frame.zone).astimezone(UTC)


def _read_wall(text: str) -> datetime:
    try:
        wall = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"{text!r} is no time: write it as 2026-12-24T18:00") from error
    if not _FIRST_YEAR <= wall.year <= _LAST_YEAR:
        raise Invalid(f"{text!r} is too far away: a year from {_FIRST_YEAR} to {_LAST_YEAR}")
    return wall


async def _ask(guest: Visit, person: Person, preview: Preview) -> Response:
    page = replace(await load_mine(guest, person), preview=preview)
    return show_mine(guest, page)


@router.post("/absences")
async def add_absence(
    guest: Writer, form: Annotated[AbsenceForm, Form()], of: Of = None
) -> Response:
    """Note an absence, once the seats that it touches were shown."""
    person = await find_person(guest, of)
    work = guest.work
    told = absences.Told(person.id, form.read_period(guest), form.kind, form.reason.strip())
    touched = await absences.check_absence(
        guest.session, told, actor=work.actor, now=work.now, today=work.today
    )
    seen = ",".join(str(each.seat.id) for each in touched)
    if touched and form.seen != seen:
        ids = {each.seat.id for each in touched}
        placements = await assignments.list_in_force_of(guest.session, seat_ids=ids)
        preview = Preview(
            action="absences",
            fields=form.repeat(),
            seen=seen,
            seats=await show_seats(guest, placements),
            is_absence=True,
        )
        return await _ask(guest, person, preview)
    await absences.put_absence(
        guest.session, told, actor=work.actor, now=work.now, today=work.today
    )
    return lead_back(person, to="#absences")


@router.post("/absences/{absence_id}/delete")
async def delete_absence(absence_id: Key, guest: Writer, of: Of = None) -> Response:
    """Delete an absence."""
    person = await find_person(guest, of)
    await absences.delete_absence(
        guest.session, absence_id, actor=guest.work.actor, today=guest.work.today
    )
    return lead_back(person, to="#absences")


@router.post("/wishes")
async def add_wish(guest: Writer, form: Annotated[WishForm, Form()], of: Of = None) -> Response:
    """Note a wish, once what it would meet was shown; one that contradicts another is refused."""
    person = await find_person(guest, of)
    work = guest.work
    wish = Wish(form.kind, form.read_period(guest), form.weight)
    met = await wishes.check_wish(
        guest.session, wish, radiologist_id=person.id, actor=work.actor, today=work.today
    )
    seen = ",".join(str(each.id) for each in met.seats)
    is_seen = form.seen == seen or (form.seen is None and not (met.seats or met.absences))
    if not is_seen and not met.wishes:
        ids = {each.id for each in met.seats}
        placements = await assignments.list_in_force_of(guest.session, seat_ids=ids)
        preview = Preview(
            action="wishes",
            fields=form.repeat(),
            seen=seen,
            seats=await show_seats(guest, placements),
            absences=met.absences,
            is_absence=False,
        )
        return await _ask(guest, person, preview)
    await wishes.add_wish(
        guest.session,
        wish,
        radiologist_id=person.id,
        actor=work.actor,
        now=work.now,
        today=work.today,
    )
    return lead_back(person, to="#wishes")


@router.post("/wishes/{wish_id}/delete")
async def delete_wish(wish_id: Key, guest: Writer, of: Of = None) -> Response:
    """Delete a wish."""
    person = await find_person(guest, of)
    await wishes.delete_wish(guest.session, wish_id, actor=guest.work.actor, today=guest.work.today)
    return lead_back(person, to="#wishes")


@router.post("/seats/{seat_id}/last-act")
async def tell_last_act(
    seat_id: Key,
    guest: Writer,
    acted_at: Annotated[str, Form(pattern=_MINUTE)],
    of: Of = None,
) -> Response:
    """Tell when one worked last for a seat: rest is counted from it."""
    person = await find_person(guest, of)
    await last_acts.put_last_act(
        guest.session,
        seat_id=seat_id,
        acted_at=_read_instant(guest, acted_at),
        actor=guest.work.actor,
        now=guest.work.now,
        today=guest.work.today,
    )
    return lead_back(person, to="#begun")
