"""The timeline of a case, one sentence an entry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.web.pages.texts import N_, Texts
from app.web.pages.words import AUDIENCES, name, translate_reason
from app.worklist.views.case import EventView

_MOVES: Mapping[tuple[str | None, str], str] = {
    (None, "open"): N_("Case opened"),
    ("open", "nominated"): N_("Offered to a reader"),
    ("nominated", "nominated"): N_("Offered to other readers"),
    ("nominated", "reading"): N_("Claimed"),
    ("reading", "nominated"): N_("Given back, and offered again"),
    ("reading", "signed"): N_("Report signed"),
    ("signed", "delivered"): N_("Report delivered: everything required has arrived"),
    ("delivered", "acknowledged"): N_("Read by the requester"),
}
_VOIDED = N_("Set aside")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it is shown."""

    at: datetime
    icon: str
    text: str
    by_name: str | None
    reason: str


def write_timeline(events: tuple[EventView, ...], *, texts: Texts) -> tuple[Entry, ...]:
    """Write every entry, oldest first."""
    return tuple(_write(event, texts) for event in events)


def _write(event: EventView, texts: Texts) -> Entry:
    icon, text = _describe(event, texts)
    reason = "" if event.kind == "widened" else translate_reason(event.reason, texts=texts)
    return Entry(at=event.at, icon=icon, text=text, by_name=event.by_name, reason=reason)


def _describe(event: EventView, texts: Texts) -> tuple[str, str]:
    if event.kind == "moved":
        return _describe_move(event, texts)
    if event.kind == "widened":
        return "users", name(event.reason, AUDIENCES, texts=texts)
    known = _FACTS.get(event.kind)
    if known is None:
        return "dot", event.kind
    icon, write = known
    return icon, write(event.detail, texts)


_ICONS = {
    "open": "inbox",
    "nominated": "users",
    "reading": "eye",
    "signed": "pen",
    "delivered": "check",
    "acknowledged": "check",
    "voided": "cross",
}


def _describe_move(event: EventView, texts: Texts) -> tuple[str, str]:
    to = event.state_to or ""
    message = _VOIDED if to == "voided" else _MOVES.get((event.state_from, to))
    return _ICONS.get(to, "dot"), to if message is None else texts.gettext(message)


def _images_added(detail: Mapping[str, Any], texts: Texts) -> str:
    number = int(detail.get("instances", 0))
    return texts.ngettext("%(num)d more image arrived", "%(num)d more images arrived", number)


def _images_late(detail: Mapping[str, Any], texts: Texts) -> str:
    number = int(detail.get("instances", 0))
    return texts.ngettext(
        "%(num)d image arrived after the signature: write an addendum, "
        "or say there is nothing to add",
        "%(num)d images arrived after the signature: write an addendum, "
        "or say there is nothing to add",
        number,
    )


def _priority_changed(detail: Mapping[str, Any], texts: Texts) -> str:
    return texts.gettext(
        N_("Priority changed from %(old)s to %(new)s"),
        old=detail.get("from", "?"),
        new=detail.get("to", "?"),
    )


_CALLS: Mapping[str, str] = {
    "reached": N_("Call made: somebody was reached"),
    "no_answer": N_("Call made: no answer"),
    "left_message": N_("Call made: a message was left"),
}


def _call_made(detail: Mapping[str, Any], texts: Texts) -> str:
    return name(str(detail.get("outcome", "reached")), _CALLS, texts=texts)


def _images_purged(detail: Mapping[str, Any], texts: Texts) -> str:
    number = int(detail.get("count", 0))
    return texts.ngettext(
        "%(num)d image was removed: its time was over",
        "%(num)d images were removed: their time was over",
        number,
    )


_DECISIONS: Mapping[str, str] = {
    "validated": N_("Request validated"),
    "substituted": N_("Request validated with another exam"),
    "refused": N_("Request refused"),
    "cancelled": N_("Request cancelled"),
}


def _request_decided(detail: Mapping[str, Any], texts: Texts) -> str:
    return name(str(detail.get("decision", "validated")), _DECISIONS, texts=texts)


def _joined(detail: Mapping[str, Any], texts: Texts) -> str:
    if "into" in detail:
        return texts.gettext(N_("Joined into case %(case)s"), case=detail["into"])
    return texts.gettext(N_("Case %(case)s was joined into this one"), case=detail.get("case", "?"))


def _split(detail: Mapping[str, Any], texts: Texts) -> str:
    if "into" in detail:
        return texts.gettext(N_("A part became case %(case)s"), case=detail["into"])
    return texts.gettext(N_("Split from case %(case)s"), case=detail.get("case", "?"))


def _identity_chosen(detail: Mapping[str, Any], texts: Texts) -> str:
    if detail.get("one_patient"):
        return texts.gettext(N_("Confirmed: all studies are of one patient"))
    return texts.gettext(N_("Identity chosen"))


_INCIDENTS: Mapping[str, str] = {
    "transmission": N_("Incident: transmission"),
    "image_quality": N_("Incident: image quality"),
    "identity": N_("Incident: identity"),
    "equipment": N_("Incident: equipment"),
    "communication": N_("Incident: somebody could not be reached"),
    "other": N_("Incident"),
}


def _incident(detail: Mapping[str, Any], texts: Texts) -> str:
    return name(str(detail.get("kind", "other")), _INCIDENTS, texts=texts)


def _hospital_told(detail: Mapping[str, Any], texts: Texts) -> str:
    if detail.get("mail"):
        return texts.gettext(
            N_("The hospital is told on its page and by mail, and is to be called")
        )
    return texts.gettext(N_("The hospital is told on its page, and is to be called"))


def _say(message: str) -> Callable[[Mapping[str, Any], Texts], str]:
    return lambda _detail, texts: texts.gettext(message)


_FACTS: Mapping[str, tuple[str, Callable[[Mapping[str, Any], Texts], str]]] = {
    "images_added": ("images", _images_added),
    "images_after_signature": ("alert", _images_late),
    "complete": ("check", _say(N_("Images complete, as far as can be known"))),
    "acknowledged": ("eye", _say(N_("Seen by a reader to whom it is offered"))),
    "put_aside": ("clock", _say(N_("Put aside by its reader, to take another case first"))),
    "resumed": ("pen", _say(N_("Taken up again by its reader"))),
    "reader_asked": ("bell", _say(N_("No sign of its reader: they are asked"))),
    "reader_answered": ("check", _say(N_("Its reader says that they still read it"))),
    "reader_silent": ("alert", _say(N_("Its reader does not answer: the coordinator decides"))),
    "claim_left": ("check", _say(N_("The coordinator leaves the case with its reader"))),
    "late": ("alert", _say(N_("The report is late, though a reader has the case"))),
    "hospital_told": ("phone", _hospital_told),
    "images_seen": ("eye", _say(N_("New images marked as seen"))),
    "priority_changed": ("alert", _priority_changed),
    "preliminary": ("phone", _say(N_("Preliminary result given"))),
    "addendum": ("pen", _say(N_("Addendum signed"))),
    "withdrawn": ("alert", _say(N_("Report withdrawn"))),
    "replaced": ("pen", _say(N_("New report signed, in place of the withdrawn one"))),
    "reissued": ("pen", _say(N_("Documents made anew, under the identity that was chosen"))),
    "critical_found": ("alert", _say(N_("Critical finding noted: call until it is said back"))),
    "call_made": ("phone", _call_made),
    "critical_confirmed": ("check", _say(N_("Critical finding told and said back"))),
    "study_joined": ("images", _say(N_("Another study joined the case"))),
    "study_left": ("images", _say(N_("A study left the case: it is no case"))),
    "request_joined": ("inbox", _say(N_("A request joined the case"))),
    "request_decided": ("inbox", _request_decided),
    "no_request": ("alert", _say(N_("No request is known for these images"))),
    "joined": ("users", _joined),
    "split": ("users", _split),
    "identity_conflict": ("alert", _say(N_("Images came under two identities: choose one"))),
    "identity_corrected": ("alert", _say(N_("The hospital corrected the identity: choose one"))),
    "identity_chosen": ("check", _identity_chosen),
    "site_confirmed": ("check", _say(N_("Somebody said of which site the images are"))),
    "incident": ("alert", _incident),
    "exam_finished": ("check", _say(N_("The hospital says that the exam is finished"))),
    "task_raised": ("alert", _say(N_("Somebody is asked to act"))),
    "task_settled": ("check", _say(N_("What was asked for is done"))),
    "images_forwarded": ("images", _say(N_("The images that had come are at the reading centre"))),
    "report_delivered": ("check", _say(N_("A form of the report was accepted by the hospital"))),
    "delivery_resent": ("send", _say(N_("A delivery is sent again, by hand"))),
    "images_purged": ("images", _images_purged),
    "unaccepted": ("phone", _say(N_("The hospital has not accepted the report: call it"))),
    "delivery_dead": ("alert", _say(N_("A delivery was given up: somebody must send it again"))),
}
