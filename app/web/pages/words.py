"""The platform's own codes and reasons, in the words of the reader's language.

The rules keep their reasons in English, as facts with figures; here each of them has its message.
A reason that a person typed is no message and is shown as it was typed.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from app.web.pages.dispatch_words import DISPATCH_REASONS
from app.web.pages.texts import N_, Texts

STATES: Mapping[str, str] = MappingProxyType(
    {
        "open": N_("Open"),
        "nominated": N_("Offered"),
        "reading": N_("Being read"),
        "signed": N_("Signed"),
        "delivered": N_("Delivered"),
        "acknowledged": N_("Read by the requester"),
        "voided": N_("Set aside"),
    }
)

INTAKE_CLASSES: Mapping[str, str] = MappingProxyType(
    {
        "case": N_("Case"),
        "prior": N_("Prior"),
        "test": N_("Test"),
        "out_of_contract": N_("Out of contract"),
        "": N_("Papers only"),
    }
)

SEXES: Mapping[str, str] = MappingProxyType({"M": N_("M"), "F": N_("F"), "O": N_("other")})

SEGMENTS: Mapping[str, str] = MappingProxyType(
    {
        "day": N_("Day"),
        "evening": N_("Evening"),
        "deep_night": N_("Deep night"),
        "weekend": N_("Weekend"),
        "": N_("No guard planned"),
    }
)

LINES: Mapping[str, str] = MappingProxyType(
    {
        "first": N_("First line"),
        "backup": N_("Backup line"),
        "coordinator": N_("Coordinator"),
        "on_site": N_("On site"),
    }
)

MILESTONES: Mapping[str, str] = MappingProxyType(
    {
        "requested": N_("Requested"),
        "decided": N_("Decided on"),
        "first_image": N_("First image"),
        "exam_finished": N_("Exam finished"),
        "complete": N_("Complete"),
        "nominated": N_("Offered"),
        "acknowledged": N_("Seen by a reader"),
        "claimed": N_("Claimed"),
        "preliminary": N_("Preliminary result"),
        "signed": N_("Signed"),
        "delivered": N_("Delivered"),
        "read_at_site": N_("Read by the requester"),
        "critical_found": N_("Critical finding"),
        "critical_confirmed": N_("Said back"),
    }
)

GROUPINGS: Mapping[str, str] = MappingProxyType(
    {
        "whole": N_("All together"),
        "site": N_("Site"),
        "society": N_("Society"),
        "segment": N_("Segment"),
        "priority": N_("Priority"),
        "day": N_("Day"),
        "month": N_("Month"),
    }
)

MEANS: Mapping[str, str] = MappingProxyType(
    {
        "telephone": N_("By telephone"),
        "page": N_("By this page"),
        "in_person": N_("In person"),
    }
)

DELIVERY_STATES: Mapping[str, str] = MappingProxyType(
    {
        "waiting": N_("Waiting"),
        "sending": N_("Being sent"),
        "delivered": N_("Delivered"),
        "dead": N_("Given up"),
        "cancelled": N_("Cancelled"),
    }
)

CHANNELS: Mapping[str, str] = MappingProxyType(
    {
        "browser": N_("Page"),
        "mail": N_("Mail"),
        "hook": N_("Telephone"),
    }
)

NOTIFICATION_STATES: Mapping[str, str] = MappingProxyType(
    {
        "due": N_("Awaited"),
        "sending": N_("Being sent"),
        "sent": N_("Sent"),
        "delivered": N_("Reached"),
        "shown": N_("Shown"),
        "sounded": N_("Shown and sounded"),
        "silent": N_("Shown, without a sound"),
        "take": N_("Answered: I take it"),
        "not_available": N_("Answered: not available"),
        "heard": N_("Answered: it reaches you"),
        "failed": N_("Not reached"),
        "given_up": N_("Given up"),
        "cancelled": N_("No longer needed"),
    }
)

DELIVERY_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "report": N_("Report"),
        "images": N_("Images"),
        "notification": N_("Notification"),
    }
)

FORMS: Mapping[str, str] = MappingProxyType(
    {
        "sr": N_("Structured report"),
        "encapsulated_pdf": N_("PDF as DICOM"),
        "pdf": N_("PDF"),
        "secondary_capture": N_("Pages as images"),
    }
)

PRIORITIES: Mapping[str, str] = MappingProxyType(
    {
        "P1": N_("life at stake"),
        "P2": N_("urgent"),
        "P3": N_("within hours"),
        "P4": N_("next day"),
    }
)

REQUEST_STATES: Mapping[str, str] = MappingProxyType(
    {
        "draft": N_("Draft"),
        "requested": N_("A radiologist is to decide"),
        "validated": N_("Validated"),
        "substituted": N_("Another exam instead"),
        "refused": N_("Refused"),
        "cancelled": N_("Cancelled"),
    }
)

VERSION_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "report": N_("Report"),
        "addendum": N_("Addendum"),
        "withdrawal": N_("Withdrawal of the report"),
    }
)

CALL_OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        "reached": N_("Reached"),
        "no_answer": N_("No answer"),
        "left_message": N_("Left a message"),
    }
)

INCIDENTS: Mapping[str, str] = MappingProxyType(
    {
        "transmission": N_("Transmission: something did not arrive, or too late"),
        "image_quality": N_("Quality of the images"),
        "identity": N_("Identity of the patient"),
        "equipment": N_("Equipment"),
        "communication": N_("Somebody could not be reached"),
        "other": N_("Something else"),
    }
)

# A reason of the rules, and the message that says it; the groups are the message's values.
_REASONS: Final[tuple[tuple[str, str], ...]] = (
    (r"sent to (?P<ae>\S+), as a prior", N_("sent to %(ae)s, as a prior")),
    (r"sent to (?P<ae>\S+)", N_("sent to %(ae)s")),
    (r"rule (?P<rank>\d+)", N_("rule %(rank)s of the priority table")),
    (r"no rule speaks of it", N_("no rule speaks of it")),
    (r"first image", N_("first image")),
    (r"request validated", N_("request validated")),
    (r"request refused", N_("request refused")),
    (r"request cancelled", N_("request cancelled")),
    (r"asked for by the request", N_("asked for by the request")),
    (r"split from case (?P<id>\d+)", N_("split from case %(id)s")),
    (r"joined into case (?P<id>\d+)", N_("joined into case %(id)s")),
    (r"read by the site", N_("read by the site")),
    (r"set aside", N_("set aside")),
    (r"addendum signed", N_("addendum signed")),
    (r"identity chosen", N_("identity chosen")),
    (r"report accepted by the site", N_("report accepted by the site")),
    (r"taken before it was offered", N_("taken before it was offered")),
    (
        r"(?P<count>\d+) of nearest",
        N_("offered to the best placed of the first line (%(count)s)"),
    ),
    (r"(?P<count>\d+) of on_guard", N_("offered to the whole first line (%(count)s)")),
    (
        r"(?P<count>\d+) of backup",
        N_("offered to the backup line and the coordinator too (%(count)s)"),
    ),
    (r"due", N_("the moment to offer it had come")),
    (r"released", N_("given back by its reader")),
    (r"opened", N_("its reader gave no sign: opened to others")),
    (
        r"no sign of its reader, and nobody decided",
        N_("no sign of its reader, and nobody decided"),
    ),
    (r"reassigned by hand", N_("reassigned by hand")),
    (r"step on_guard", N_("nobody had taken it: offered to the whole first line")),
    (r"step backup", N_("nobody had taken it: offered to the backup line and the coordinator")),
    *DISPATCH_REASONS,
    (
        r"silent (?P<wait>[\d.]+) s \((?P<modality>[^)]*)\)",
        N_("no image for %(wait)s s (%(modality)s)"),
    ),
    (r"silent (?P<wait>[\d.]+) s", N_("no image for %(wait)s s")),
    (
        r"(?P<arrived>\d+) of (?P<count>\d+) images announced by MPPS",
        N_("%(arrived)s of %(count)s images announced by the modality"),
    ),
    (
        r"(?P<arrived>\d+) of (?P<count>\d+) images announced by storage commitment",
        N_("%(arrived)s of %(count)s images on the sender's list"),
    ),
    (
        r"(?P<arrived>\d+) of (?P<count>\d+) images announced by C-FIND",
        N_("%(arrived)s of %(count)s images that the sender's archive holds"),
    ),
    (
        r"(?P<arrived>\d+) of (?P<count>\d+) images announced by the hospital",
        N_("%(arrived)s of %(count)s images announced by the hospital"),
    ),
    (
        r"(?P<arrived>\d+) of (?P<count>\d+) images announced by the request",
        N_("%(arrived)s of %(count)s images announced by the request"),
    ),
    (
        r"the hospital said that the exam is finished",
        N_("The hospital says that the exam is finished"),
    ),
    (r"site rule (?P<rank>\d+) of the sender", N_("site rule %(rank)s of the sender")),
    (
        r"no site rule of the sender speaks: its own site",
        N_("no site rule of the sender speaks: its own site"),
    ),
    (r"the sender's site", N_("the sender's site")),
    (r"rule (?P<rank>\d+) of the site", N_("intake rule %(rank)s of the site")),
    (r"sent to the priors' AE title", N_("sent to the destination for priors")),
    (r"older than (?P<age>\d+) h, from an archive", N_("older than %(age)s h, from an archive")),
    (
        r"older than (?P<age>\d+) h, beside another of the patient",
        N_("older than %(age)s h, beside another exam of the patient"),
    ),
    (r"words of a test in the patient's identity", N_("the patient is called like a test")),
    (r"no rule matches", N_("no intake rule speaks of it")),
)
_PATTERNS: Final = tuple((re.compile(pattern), message) for pattern, message in _REASONS)

AUDIENCES: Mapping[str, str] = MappingProxyType(
    {
        "on_guard": N_("Nobody took it in time: the whole first line is asked"),
        "backup": N_("Nobody took it in time: the backup line and the coordinator are asked"),
        "hospital": N_("Nobody took it in time: the hospital is told to use its fallback"),
    }
)


def name(code: str, table: Mapping[str, str], *, texts: Texts) -> str:
    """Name a code; one that the table does not know is shown as it is."""
    message = table.get(code)
    return code if message is None else texts.gettext(message)


def name_state(state: str, *, texts: Texts) -> str:
    """Name a state of a case."""
    return name(state, STATES, texts=texts)


def name_sex(sex: str, *, texts: Texts) -> str:
    """Name a sex as received (PS3.3 §C.7.1.1: M, F, O)."""
    return name(sex.strip().upper(), SEXES, texts=texts)


def translate_reason(reason: str, *, texts: Texts) -> str:
    """Say a reason of the rules in the reader's language; one that a person typed stays."""
    return "; ".join(_translate(part, texts) for part in reason.split("; "))


def _translate(reason: str, texts: Texts) -> str:
    for pattern, message in _PATTERNS:
        match = pattern.fullmatch(reason)
        if match is not None:
            return texts.gettext(message, **match.groupdict())
    return reason
