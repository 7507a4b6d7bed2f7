"""Sessions elsewhere on the page of people: looked at first, kept whole, removed by source."""

from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import UploadFile

from app.planning.domain.files.source_text import MOST_BYTES
from app.planning.repository.people import name_radiologists
from app.planning.service import busy_sessions
from app.planning.service.busy_sessions import BusyPreview, NotTheBusyPreview
from app.web.api.busy_sessions import Source, look_at
from app.web.api.volumes_months import read_name, read_upload
from app.web.pages.door import SentForm
from app.web.pages.file_words import write_faults
from app.web.pages.people import REFUSED, AtDesk, Desk, show_people
from app.web.pages.people_forms import NoFile
from app.web.pages.people_load import load_people
from app.web.pages.people_view import BusyPreviewShown, SessionShown, TouchedShown
from app.web.schemas import LARGEST_KEY

router = APIRouter(prefix="/planning/people/sessions")

_FORM = "session"
_MOST_SHOWN = 50
_REFUSED = 422
_MOST_SENT = 4 * MOST_BYTES // 3 + 4
"""In base 64 four characters stand for three bytes."""


class SessionsForm(BaseModel):
    """From where sessions come, and of a calendar whose they are."""

    model_config = ConfigDict(frozen=True)

    source: Source
    whose: Annotated[str, Field(pattern=r"^[0-9]{0,18}$")] = ""

    def read_whose(self) -> int | None:
        """Read whose calendar it is."""
        return int(self.whose) or None if self.whose else None


class KeptForm(SessionsForm):
    """A file that was looked at."""

    filename: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    content: Annotated[str, Field(max_length=_MOST_SENT)]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

    def read_content(self) -> bytes:
        """Read the file.

        Raises
        ------
        NotTheBusyPreview
            If it was changed on its way.
        """
        try:
            return b64decode(self.content, validate=True)
        except (BadBase64, ValueError):
            raise NotTheBusyPreview("this file was changed on its way: look at it again") from None


@router.post("/preview")
async def look_at_file(
    sent: SentForm, desk: AtDesk, form: Annotated[SessionsForm, Form()]
) -> Response:
    """Show what a file would bring, or its faults; nothing is written."""
    typed = form.model_dump(mode="json")
    try:
        file = sent.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            raise NoFile("choose a file first")
        content = await read_upload(file)
        found, digest = await _look(desk, content, form)
    except REFUSED as error:
        return await desk.refuse(error, person=None, form=_FORM, typed=typed)
    fields = {**typed, "filename": read_name(file), "digest": digest}
    return await _show(desk, found, content=content, fields=fields)


async def _look(desk: Desk, content: bytes, form: SessionsForm) -> tuple[BusyPreview, str]:
    work = desk.guest.work
    return await look_at(content, work=work, source=form.source, whose=form.read_whose())


async def _show(
    desk: Desk, found: BusyPreview, *, content: bytes, fields: dict[str, str]
) -> HTMLResponse:
    texts, lines = desk.guest.frame.texts, found.reading.lines
    people = {each.radiologist for each in lines[:_MOST_SHOWN]}
    named = await name_radiologists(desk.session, people)
    preview = BusyPreviewShown(
        filename=fields["filename"],
        source=fields["source"],
        fields={**fields, "content": "" if found.reading.faults else b64encode(content).decode()},
        sessions=[
            SessionShown(line=each.number, name=named[each.radiologist], interval=each.interval)
            for each in lines[:_MOST_SHOWN]
        ],
        more=max(0, len(lines) - _MOST_SHOWN),
        faults=write_faults(found.reading.faults, texts=texts),
        replaced=found.replaced,
        touched=[
            TouchedShown(segment=each.seat.segment, interval=each.seat.interval)
            for each in found.touched
        ],
    )
    page = replace(await load_people(desk.guest, desk.place), preview=preview)
    return show_people(desk.guest, page, status=_REFUSED if found.reading.faults else 200)


@router.post("/import")
async def keep_sessions(desk: AtDesk, form: Annotated[KeptForm, Form()]) -> Response:
    """Keep the sessions that were looked at, instead of what their source told before."""

    async def keep() -> None:
        found, digest = await _look(desk, form.read_content(), form)
        busy_sessions.check_digest(digest, seen=form.digest)
        await busy_sessions.import_sessions(desk.session, found, now=desk.guest.work.now)

    typed = {"source": form.source, "whose": form.whose}
    return await desk.change(keep, person=None, form=_FORM, typed=typed)


@router.post("/delete")
async def remove_source(
    desk: AtDesk,
    source: Annotated[Source, Form()],
    person: Annotated[int | None, Form(ge=1, le=LARGEST_KEY)] = None,
) -> Response:
    """Remove what a source tells of one radiologist, or of all who are shown."""
    shown = await load_people(desk.guest, desk.place)
    people = {person} if person else {each.id for each in shown.people}
    return await desk.change(
        lambda: busy_sessions.delete_source(
            desk.session, source, radiologist_ids=people, **desk.acts
        ),
        person=person,
        form=_FORM,
    )
