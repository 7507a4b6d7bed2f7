"""From a frozen view to HTML: one environment by language, undefined names are errors."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from jinja2_fragments import render_block

from app.directory.domain import Permission, Role, scope_of
from app.web.auth import Caller
from app.web.container import container_of
from app.web.pages import (
    association_words,
    case_notifications,
    identity,
    request_words,
    words,
)
from app.web.pages.assets import TEMPLATES, asset, name_pages
from app.web.pages.texts import Texts, choose_language, read_accept_language, texts_of

_HTMX_HEADER = "HX-Request"
_PAGES_HEADER = "Astreinte-Pages"
"""By which an open page learns, with its next part, that the platform was updated."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds every page: who looks, from where, when, in which language."""

    texts: Texts
    zone: ZoneInfo
    now: datetime | None = None
    path: str = "/"
    name: str | None = None
    """Of who is signed in."""
    radiologist_id: int | None = None
    csrf_token: str | None = None
    permissions: frozenset[Permission] = field(default_factory=frozenset)
    is_enrolling: bool = False
    """Must they enrol a second factor before anything else is shown to them?"""
    is_asked_for: bool = True
    """Is it there to be asked for again, and no answer to what was sent?"""
    is_hospital: bool = False
    """Is it somebody of a hospital, and nothing else here?"""

    @property
    def is_told(self) -> bool:
        """Do their pages stay live, and tell what is to be done?"""
        may_be_told = self.name is not None and not self.is_enrolling
        return may_be_told and Permission.TASK_READ in self.permissions

    def shows(self, path: str, permission: str) -> bool:
        """Tell whether a page stands in the menu: hospitals have their own, instead of the list."""
        hidden = "/" if self.is_hospital else "/hospital"
        return self.may(permission) and path != hidden

    @property
    def language(self) -> str:
        """The tag for `<html lang>`."""
        return self.texts.language

    def may(self, permission: str) -> bool:
        """Tell whether who looks holds a permission for anything at all."""
        return permission in self.permissions


def frame_of(request: Request, *, caller: Caller | None, now: datetime | None) -> Frame:
    """Make the frame of a request."""
    settings = container_of(request).settings
    if caller is None:
        wanted = read_accept_language(request.headers.get("Accept-Language", ""))
        texts = texts_of(choose_language(wanted, default=settings.locale))
        return Frame(texts=texts, zone=ZoneInfo(settings.zone), now=now, path=request.url.path)
    actor = caller.actor
    return Frame(
        texts=texts_of(choose_language([caller.user.locale], default=settings.locale)),
        zone=ZoneInfo(settings.zone),
        now=now,
        path=request.url.path,
        is_asked_for=request.method == "GET",
        name=caller.user.display_name,
        is_enrolling=caller.needs_enrolment,
        radiologist_id=actor.radiologist_id,
        csrf_token=caller.csrf_token,
        permissions=frozenset(each for each in Permission if not scope_of(actor, each).is_empty),
        is_hospital=actor.roles == {Role.SITE},
    )


def is_htmx(request: Request) -> bool:
    """Tell whether a script of ours asks for a part of a page."""
    return request.headers.get(_HTMX_HEADER) == "true"


def render_page(
    template: str, *, frame: Frame, view: object, status: int = 200, **more: object
) -> HTMLResponse:
    """Render a whole page."""
    environment = environment_of(frame.language)
    html = environment.get_template(template).render(frame=frame, view=view, **more)
    return HTMLResponse(html, status, {_PAGES_HEADER: name_pages()})


def render_part(
    template: str, block: str, *, frame: Frame, view: object, status: int = 200, **more: object
) -> HTMLResponse:
    """Render one block of a page's template."""
    environment = environment_of(frame.language)
    html = render_block(environment, template, block, frame=frame, view=view, **more)
    return HTMLResponse(html, status, {_PAGES_HEADER: name_pages()})


@cache
def environment_of(language: str) -> Environment:
    """Make the environment of a language."""
    texts = texts_of(language)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(texts.translations, newstyle=True)  # type: ignore[attr-defined]
    environment.globals |= {"asset": asset, "pages": name_pages(), "texts": texts}
    environment.filters |= _make_filters(texts)
    # A block that is rendered alone does not see what its template imports.
    environment.globals["ui"] = environment.get_template("macros.html").module
    return environment


def _make_filters(texts: Texts) -> dict[str, Any]:
    def instant(at: datetime, frame: Frame, zone: ZoneInfo | None = None) -> str:
        return texts.format_instant(at, zone=zone or frame.zone, now=frame.now)

    def instant_s(at: datetime, frame: Frame, zone: ZoneInfo | None = None) -> str:
        return texts.format_instant(at, zone=zone or frame.zone, now=frame.now, seconds=True)

    return {
        "clock_time": lambda at, zone: f"{at.astimezone(zone):%H:%M}",
        "instant": instant,
        "instant_s": instant_s,
        "full_instant": lambda at, zone: texts.format_instant(at, zone=zone),
        "duration": texts.format_duration,
        "person": identity.read_person_name,
        "birth_date": lambda value: identity.read_date(value, texts=texts),
        "sex": lambda value: words.name_sex(value, texts=texts),
        "telephone": identity.write_telephone,
        "tel_uri": identity.write_telephone_uri,
        "state": lambda value: words.name_state(value, texts=texts),
        "intake_class": lambda value: words.name(value or "", words.INTAKE_CLASSES, texts=texts),
        "means": lambda value: words.name(value, words.MEANS, texts=texts),
        "line": lambda value: words.name(value, words.LINES, texts=texts),
        "segment": lambda value: words.name(value, words.SEGMENTS, texts=texts),
        "milestone": lambda value: words.name(value, words.MILESTONES, texts=texts),
        "grouping": lambda value: words.name(value, words.GROUPINGS, texts=texts),
        "delivery_state": lambda value: words.name(value, words.DELIVERY_STATES, texts=texts),
        "delivery_kind": lambda value: words.name(value, words.DELIVERY_KINDS, texts=texts),
        "document_form": lambda value: words.name(value, words.FORMS, texts=texts),
        "priority_name": lambda value: words.name(value, words.PRIORITIES, texts=texts),
        "request_state": lambda value: words.name(value, words.REQUEST_STATES, texts=texts),
        "version_kind": lambda value: words.name(value, words.VERSION_KINDS, texts=texts),
        "call_outcome": lambda value: words.name(value, words.CALL_OUTCOMES, texts=texts),
        "incident_kind": lambda value: words.name(value, words.INCIDENTS, texts=texts),
        "dicom_time": identity.read_time,
        **request_words.make_filters(texts),
        **case_notifications.make_filters(texts),
        **association_words.make_filters(texts),
        "sentence": lambda value: words.translate_reason(value, texts=texts),
    }
