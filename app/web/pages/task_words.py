"""What is to be done, one sentence a task, in the words of whoever has to do it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from app.kit.errors import AppError
from app.tasks.domain.kinds import TaskKind
from app.tasks.domain.settling import check_settler
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
    task: TaskView, *, texts: Texts, radiologist_id: int | None, for_site: bool
) -> TaskShown:
    """Write a task for somebody of the group, or for the hospital itself."""
    sentences = _FOR_SITE if for_site else {}
    write = sentences.get(task.kind) or _SENTENCES.get(task.kind)
    return TaskShown(
        task=task,
        text=task.kind if write is None else write(task, texts),
        telephones=() if for_site else _find_telephones(task),
        href=_find_place(task),
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


def _find_place(task: TaskView) -> str | None:
    noun, _, key = task.subject.partition(":")
    if noun == "request" and key.isdecimal():
        return f"/requests/{key}"
    if noun == "disk":
        return "/disk"
    return f"/cases/{task.case_id}" if task.case_id is not None else None


def _say(message: str) -> Callable[[TaskView, Texts], str]:
    """Say a message with what the task knows: its site, its case, and the values of its detail."""

    def write(task: TaskView, texts: Texts) -> str:
        values = _Known(
            {key: value for key, value in task.detail.items() if value is not None}
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


def _late_images(task: TaskView, texts: Texts) -> str:
    number = int(task.detail.get("instances", 0))
    return texts.ngettext(
        "Case %(case)s: %(num)d image came after the signature. "
        "Write an addendum, or say there is nothing to add.",
        "Case %(case)s: %(num)d images came after the signature. "
        "Write an addendum, or say there is nothing to add.",
        number,
        case=task.case_id,
    )


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


_SENTENCES: Mapping[str, Callable[[TaskView, Texts], str]] = MappingProxyType(
    {
        TaskKind.LATE_IMAGES: _late_images,
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
        TaskKind.ASSOCIATION_REFUSED: _say(
            N_(
                "%(site)s: images from %(address)s were refused, because the title %(calling)s "
                "is not known. Call, then let it in for 12 hours."
            )
        ),
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
    }
)

_FOR_SITE: Mapping[str, Callable[[TaskView, Texts], str]] = MappingProxyType(
    {
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
