"""What the hospital's page says of a case: where it stands in plain words, and what can be done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from app.cases.domain.priority import Priority
from app.cases.domain.states import OPEN_FOR_DISPATCH, CaseAction, CaseState, states_before
from app.web.pages.on_call import Board
from app.web.pages.task_words import TaskShown
from app.web.pages.texts import N_, Texts
from app.worklist.views.hospital import HospitalCase, HospitalRequest, HospitalSite

_STATES: Mapping[CaseState, str] = MappingProxyType(
    {
        CaseState.OPEN: N_("Received: a reader will be asked"),
        CaseState.NOMINATED: N_("Offered to the readers on guard"),
        CaseState.READING: N_("Being read"),
        CaseState.SIGNED: N_("Report signed, on its way to your system"),
        CaseState.DELIVERED: N_("Report delivered to your system"),
        CaseState.ACKNOWLEDGED: N_("Report read by you"),
        CaseState.VOIDED: N_("Set aside"),
    }
)
_AWAITED = N_("Exam validated: no image has come yet")
_READABLE = states_before(CaseAction.ACKNOWLEDGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseShown:
    """A case in words, with what the hospital may do to it now."""

    case: HospitalCase
    state: str
    more_urgent: tuple[str, ...]
    """The priorities above its own; none once it is signed."""
    may_confirm: bool
    """May they say that they have read the report?"""
    may_finish: bool
    """May they say that no more images come?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HospitalPage:
    """A hospital's night."""

    site: HospitalSite
    others: tuple[HospitalSite, ...]
    zone: ZoneInfo
    open_cases: tuple[CaseShown, ...]
    """Somebody must still read them, or read their report."""
    closed_cases: tuple[CaseShown, ...]
    requests: tuple[HospitalRequest, ...]
    tasks: tuple[TaskShown, ...]
    board: Board
    may_request: bool
    sheet_made_at: datetime | None
    """When the last on-call sheet was made, if there is one."""


def show_case(case: HospitalCase, *, texts: Texts) -> CaseShown:
    """Say where a case stands, and what can be done."""
    state = CaseState(case.state)
    awaited = state in OPEN_FOR_DISPATCH and case.first_image_at is None
    is_open = state in OPEN_FOR_DISPATCH
    above = tuple(each.value for each in Priority if each.value < case.priority)
    return CaseShown(
        case=case,
        state=texts.gettext(_AWAITED if awaited else _STATES[state]),
        more_urgent=above if is_open else (),
        may_confirm=state in _READABLE and bool(case.pages),
        may_finish=is_open and bool(case.studies) and not case.is_complete,
    )


def is_closed(shown: CaseShown) -> bool:
    """Is there nothing left to wait for?"""
    return CaseState(shown.case.state) in {CaseState.ACKNOWLEDGED, CaseState.VOIDED}
