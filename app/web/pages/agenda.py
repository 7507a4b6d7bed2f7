"""The guards of a radiologist, a society or the group as iCalendar (RFC 5545), at a secret address.

Read by telephones and mail programs, which cannot sign in.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Response
from icalendar import Calendar, Event

from app.planning.domain.agenda import Appointment, Subject
from app.planning.domain.seats import SeatKind
from app.planning.service.agendas import Agenda, read_agenda
from app.web.dependencies import AnyonesUnit
from app.web.pages import words
from app.web.pages.texts import Texts, texts_of

router = APIRouter()

_REFRESH = timedelta(hours=1)
Secret = Annotated[str, Path(min_length=20, max_length=100)]


@router.get("/calendars/{secret}/guards.ics")
async def show_agenda(secret: Secret, unit: AnyonesUnit) -> Response:
    """Answer with the agenda that stands at the address."""
    agenda = await read_agenda(unit.session, secret, now=unit.now)
    texts = texts_of(unit.container.settings.locale)
    return Response(
        write_agenda(agenda, texts=texts),
        media_type="text/calendar; charset=utf-8",
        headers={"Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex"},
    )


def write_agenda(agenda: Agenda, *, texts: Texts) -> bytes:
    """Write an agenda; the same appointments always give the same bytes.

    Each seat is an event whose UID never changes; SEQUENCE rises when its holder or hours do, and
    what was taken away is STATUS:CANCELLED (RFC 5545 §3.8.1.11, §3.8.7.4).
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Astreinte//Guards//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    name = texts.gettext("Guards")
    calendar.add("x-wr-calname", f"{name} · {agenda.name}" if agenda.name else name)
    calendar.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
    for appointment in agenda.appointments:
        calendar.add_component(_write_event(appointment, subject=agenda.subject, texts=texts))
    content: bytes = calendar.to_ical()
    return content


def _write_event(appointment: Appointment, *, subject: Subject, texts: Texts) -> Event:
    holding = appointment.holding
    line = "coordinator" if holding.kind is SeatKind.COORDINATOR else holding.line.value
    what = [
        words.name(holding.segment, words.SEGMENTS, texts=texts),
        words.name(line, words.LINES, texts=texts),
    ]
    if subject.radiologist_id is None:
        what.append(holding.holder or texts.gettext("nobody holds this seat"))
    event = Event()
    event.add("uid", f"seat-{holding.seat_id}@astreinte")
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", _whole(appointment.changed_at))
    event.add("last-modified", _whole(appointment.changed_at))
    event.add("dtstart", holding.interval.start)
    event.add("dtend", holding.interval.end)
    event.add("summary", " · ".join(what))
    event.add("description", holding.society)
    event.add("status", "CANCELLED" if appointment.is_cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if appointment.is_cancelled else "OPAQUE")
    return event


def _whole(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)
