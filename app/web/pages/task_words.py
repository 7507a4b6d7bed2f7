"""What is to be done, one sentence a task, in the words of whoever has to do it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from app.kit.errors import AppError
from app.tasks.domain.kinds import TaskKind
from app.tasks.domain.settling import check_settler
from app.web.pages.task_counts import (
    tell_handed_over,
    tell_late_images,
    tell_left_open,
    tell_whom_to_call,
)
from app.web.pages.texts import N_, Texts
from app.worklist.views.tasks import TaskView

_BY_CONSOLE: Final = frozenset(
    {
        TaskKind.ASK_FOR_IMAGES,
        TaskKind.ASSOCIATION_REFUSED,
        TaskKind.CONFIRM_SITE,
        TaskKind.UNKNOWN_CALLING,
    }
)
"""What the console knows better than the emergency room."""
_PLACES: Final = MappingProxyType(
    {"disk": "/disk", "check": "/on-call", "handover": "/handover", "surge": "/board"}
)
"""Where it is done, by what it is about."""
_OF_PLANNING: Final = frozenset({TaskKind.GAP, TaskKind.GUARD_CANCELLED})
"""What is done in the month of the planning in which it begins."""
_MONTH: Final = len("2026-11")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskShown:
    """A task in words."""

    task: TaskView
    text: str
    telephones: tuple[str, ...]
    """Whom to call about it."""
    href: str | None
    """Where it is done."""
    mine: bool
    """Is it above all whoever looks who must do it?"""
    by_word: bool
    """Is the word of whoever looks enough to settle it?"""


def write_task(
    task: TaskView,
    *,
    texts: Texts,
    radiologist_id: int | None,
    for_site: bool,
    reads_log: bool = False,
) -> TaskShown:
    """Write a task for somebody of the group, or for the hospital itself.

    Parameters
    ----------
    reads_log
        May they read the log of associations?
    """
    sentences = _FOR_SITE if for_site else {}
    write = sentences.get(task.kind) or _SENTENCES.get(task.kind)
    return TaskShown(
        task=task,
        text=task.kind if write is None else write(task, texts),
        telephones=() if for_site else _find_telephones(task),
        href=_find_place(task, reads_log=reads_log),
        mine=task.radiologist_id is not None and task.radiologist_id == radiologist_id,
        by_word=_is_word_enough(task, is_radiologist=radiologist_id is not None, is_site=for_site),
    )


def _is_word_enough(task: TaskView, *, is_radiologist: bool, is_site: bool) -> bool:
    try:
        check_settler(TaskKind(task.kind), is_radiologist=is_radiologist, is_site=is_site)
    except AppError:
        return False
    return True


def _find_telephones(task: TaskView) -> tuple[str, ...]:
    """Find whom to call: the console or the emergency room, of each site that it concerns."""
    which = "telephone_ct" if task.kind in _BY_CONSOLE else "telephone_emergency"
    of_site = task.telephone_ct if task.kind in _BY_CONSOLE else task.telephone_emergency
    told = task.detail.get("telephone") or of_site or task.detail.get(which) or ""
    return tuple(each.strip() for each in str(told).split(" / ") if each.strip())


def _find_place(task: TaskView, *, reads_log: bool) -> str | None:
    noun, _, key = task.subject.partition(":")
    if noun == "request" and key.isdecimal():
        return f"/requests/{key}"
    if noun in _PLACES:
        return _PLACES[noun]
    if task.kind in _OF_PLANNING:
        return f"/planning?month={str(task.detail.get('start', ''))[:_MONTH]}"
    if reads_log and (association := task.detail.get("association")):
        return f"/settings/associations/{association}"
    return f"/cases/{task.case_id}" if task.case_id is not None else None


def _say(message: str) -> Callable[[TaskView, Texts], str]:
    """Say a message with what the task knows: its site, its case, and the values of its detail."""

    def write(task: TaskView, texts: Texts) -> str:
        values = _Known(
            # Who is told; where it is about somebody else, the task says about whom.
            {"reader": task.radiologist_name or "?"}
            | {key: value for key, value in task.detail.items() if value is not None}
            | {
                "site": task.site_name or task.detail.get("site") or "?",
                "case": task.case_id or "?",
            }
        )
        return texts.gettext(message) % values

    return write


class _Known(dict[str, object]):
    """A value that a task does not know is shown as unknown, and never breaks the page."""

    def __missing__(self, key: str) -> str:
        return "?"


def _disk(task: TaskView, texts: Texts) -> str:
    free_gb = int(task.detail.get("free_bytes", 0)) // 10**9
    full_at = task.detail.get("full_at")
    if full_at is None:
        return texts.gettext(N_("The disk has %(free)s GB left: make room."), free=free_gb)
    day = texts.format_day(datetime.fromisoformat(str(full_at)), zone=UTC)
    return texts.gettext(
        N_("The disk has %(free)s GB left and will be full on %(day)s: make room."),
        free=free_gb,
        day=day,
    )


_FOR_ITS_TITLE = _say(
    N_(
        "%(site)s: images from %(address)s were refused, because the title %(calling)s "
        "is not known. Call, then let it in for 12 hours."
    )
)
_FOR_ITS_CERTIFICATE = _say(
    N_(
        "%(site)s: images from %(address)s were refused, because the certificate %(certificate)s "
        "is not valid for %(calling)s. Call, and have it renewed or registered."
    )
)


def _association_refused(task: TaskView, texts: Texts) -> str:
    # A pass is of no use to a certificate.
    reason = str(task.detail.get("reason", ""))
    say = _FOR_ITS_CERTIFICATE if reason.startswith("certificate_") else _FOR_ITS_TITLE
    return say(task, texts)


def _still_reading(task: TaskView, texts: Texts) -> str:
    message = (
        N_("Case %(case)s is still put aside: resume it, or give it back.")
        if task.detail.get("aside")
        else N_("Case %(case)s: do you still read it? Say so, or give it back.")
    )
    return texts.gettext(message, case=task.case_id)


_SENTENCES: Mapping[str, Callable[[TaskView, Texts], str]] = MappingProxyType(
    {
        TaskKind.LATE_IMAGES: tell_late_images,
        TaskKind.CORRECTED_IDENTITY: _say(
            N_(
                "Case %(case)s, %(site)s: the hospital corrected the identity after the signature. "
                "Compare, choose, tell the hospital."
            )
        ),
        TaskKind.CRITICAL_CALL: _say(
            N_("Case %(case)s, %(site)s: call the critical finding, and hear it said back.")
        ),
        TaskKind.CALL_SITE: _say(
            N_("Case %(case)s: %(site)s has not accepted the report. Call it through.")
        ),
        TaskKind.ASK_FOR_IMAGES: _say(
            N_(
                "Request %(request)s, %(site)s: exam validated, no image yet. "
                "Ask where the patient is."
            )
        ),
        TaskKind.CONFIRM_SITE: _say(
            N_("A study came without the name of its hospital: is it %(site)s?")
        ),
        TaskKind.ASSOCIATION_REFUSED: _association_refused,
        TaskKind.UNKNOWN_CALLING: _say(
            N_(
                "%(site)s sends from %(address)s under the title %(calling)s, which nobody has "
                "registered: register it."
            )
        ),
        TaskKind.DISK: _disk,
        TaskKind.NO_NODE: _say(
            N_("Case %(case)s: the report is signed, and %(site)s has no node that takes it.")
        ),
        TaskKind.CERTIFICATE: _say(
            N_(
                "%(site)s: the certificate %(certificate)s has expired. Its images are taken for "
                "some days more: have it renewed."
            )
        ),
        TaskKind.QUOTA: _say(
            N_(
                "%(site)s has stored %(stored)s GiB, of %(quota)s that were agreed. "
                "Nothing is refused."
            )
        ),
        TaskKind.COMMITMENT: _say(
            N_(
                "%(site)s: %(calling)s asked whether its images are kept, and could not be given "
                "the answer. Check its address."
            )
        ),
        TaskKind.CALL_READER: tell_whom_to_call,
        TaskKind.MASS_SILENCE: _say(
            N_(
                "%(silent)s of %(came)s readers are not heard any more: it is our own fault. "
                "Nothing is taken from them. Call them, and whoever runs the platform."
            )
        ),
        TaskKind.SURGE: _say(
            N_(
                "More comes than those on guard can read: %(quarter)s cases in 15 minutes, "
                "%(hour)s in an hour. Call the backup line."
            )
        ),
        TaskKind.CALLED_IN: _say(
            N_(
                "More comes than those on guard can read, and the backup line is called: "
                "stay on this page, cases are offered to you."
            )
        ),
        TaskKind.CASE_FORGOTTEN: _say(
            N_(
                "Case %(case)s, %(site)s: nobody answered for it, or nothing would have looked at "
                "it again. It was made due: see that somebody reads it."
            )
        ),
        TaskKind.HEARTBEAT: _say(
            N_(
                "Whoever watches over the platform from outside cannot be told that it lives "
                "(%(reason)s)."
            )
        ),
        TaskKind.STILL_READING: _still_reading,
        TaskKind.CLAIM_SILENT: _say(
            N_(
                "Case %(case)s, %(site)s: %(reader)s has given no sign since they were asked. Call "
                "them, then leave them the case or open it to others; it opens by itself."
            )
        ),
        TaskKind.CLAIM_LATE: _say(
            N_("Case %(case)s, %(site)s: it is late, read by %(reader)s. Ask how long it takes.")
        ),
        TaskKind.USE_FALLBACK: _say(
            N_(
                "Case %(case)s, %(site)s: nobody has taken it in time. Call the hospital: it must "
                "use its fallback."
            )
        ),
        TaskKind.CHECK_IN_MISSING: _say(
            N_(
                "%(reader)s is on guard from %(start)s and has not checked in. "
                "Call, or put somebody else in."
            )
        ),
        TaskKind.RELIEF_MISSING: _say(
            N_(
                "%(reader)s, who is to relieve you at %(start)s, has not checked in. "
                "Call, and stay until somebody has."
            )
        ),
        TaskKind.HANDOVER_OFFERED: tell_handed_over,
        TaskKind.HANDOVER_OPEN: tell_left_open,
        TaskKind.GAP: _say(
            N_("Nobody holds the seat of %(start)s (%(segment)s): find somebody for it.")
        ),
        TaskKind.GUARD_CANCELLED: _say(
            N_("Your guard of %(start)s (%(segment)s) is cancelled: %(reason)s")
        ),
    }
)

_FOR_SITE: Mapping[str, Callable[[TaskView, Texts], str]] = MappingProxyType(
    {
        TaskKind.USE_FALLBACK: _say(
            N_(
                "Case %(case)s: no radiologist has taken it in time. Use your fallback procedure; "
                "you are being called."
            )
        ),
        TaskKind.CORRECTED_IDENTITY: _say(
            N_(
                "Case %(case)s: images of a signed report came again under another identity. "
                "Say which one is right."
            )
        ),
        TaskKind.ASK_FOR_IMAGES: _say(
            N_("The exam was validated and no image has come: send it, or say what happened.")
        ),
    }
)
