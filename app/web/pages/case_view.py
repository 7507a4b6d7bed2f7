"""What the page of a case shows to whom: texts in words, and only the actions that can be done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.cases.domain.states import OPEN_FOR_DISPATCH, CaseState
from app.directory.domain import Actor, Permission, holds, may
from app.directory.domain.roles import BY_READING_RIGHT
from app.intake.domain.classes import IntakeClass
from app.planning.domain.on_call import OnCall
from app.planning.domain.seats import SeatKind
from app.web.pages import words
from app.web.pages.case_decisions import DecisionShown
from app.web.pages.case_identities import Comparison, PatientsCompared
from app.web.pages.case_notifications import NotificationShown
from app.web.pages.request_view import RequestPanel
from app.web.pages.task_words import TaskShown
from app.web.pages.timeline import Entry
from app.worklist.views.case import CaseSheet
from app.worklist.views.case_facts import CaseFacts, StudyFacts
from app.worklist.views.deliveries import DeliveryView
from app.worklist.views.hospital import HospitalSite
from app.worklist.views.worklist import WorklistRow

_WITH_REPORT = frozenset({CaseState.SIGNED, CaseState.DELIVERED, CaseState.ACKNOWLEDGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """What who looks may do now; the use cases judge again."""

    claim: bool
    acknowledge: bool
    write: bool
    """Also: tell a preliminary result, give back, mark images as seen."""
    put_aside: bool
    resume: bool
    answer: bool
    """Say that they still read it: they are asked."""
    leave: bool
    """Leave it with its reader, who was asked and does not answer."""
    dispossess: bool
    """Open it to others."""
    reassign: bool
    prioritise: bool
    void: bool
    add: bool
    withdraw: bool
    note_critical: bool
    log_call: bool
    note_incident: bool
    identify: bool
    """Say whose images a study are."""
    sort: bool
    """Say of which site a study is."""
    regroup: bool
    """Join the case with another, or split it."""
    redeliver: bool
    """Send the hospital what it is missing of the report."""

    @property
    def tell(self) -> bool:
        """May they note a preliminary result?"""
        return self.write

    @property
    def release(self) -> bool:
        """May they give the case back?"""
        return self.write

    @property
    def mark_seen(self) -> bool:
        """May they say which images they have seen?"""
        return self.write


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderChoice:
    """Somebody on guard to whom a case can be given."""

    radiologist_id: int
    name: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """All that the page shows."""

    sheet: CaseSheet
    zone: ZoneInfo
    may: Actions
    timeline: tuple[Entry, ...]
    decisions: tuple[DecisionShown, ...]
    deliveries: tuple[DeliveryView, ...]
    notifications: tuple[NotificationShown, ...]
    readers: tuple[ReaderChoice, ...]
    facts: CaseFacts
    panel: RequestPanel
    """The requests that the case answers."""
    comparisons: tuple[Comparison, ...]
    patients: PatientsCompared | None
    """Of studies that came under several patients, while nobody has said that they are one."""
    identity_open: bool
    """Must somebody still say whose images they are?"""
    tasks: tuple[TaskShown, ...]
    was_writing: bool
    other_sites: tuple[HospitalSite, ...] = ()
    """Where a study may be moved to, while its site is to be confirmed."""
    incident_kinds: tuple[str, ...] = tuple(words.INCIDENTS)
    no_case_classes: tuple[str, ...] = tuple(
        each.value for each in IntakeClass if each is not IntakeClass.CASE
    )
    """What a study may be instead of a case."""

    @property
    def lacks_request(self) -> bool:
        """Did images come, and nobody's question with them?"""
        has_images = self.sheet.row.first_image_at is not None
        return has_images and not self.facts.request_ids and self.due_counts

    @property
    def unaccepted(self) -> bool:
        """Has a form of the report not reached the hospital?"""
        return any(each.state in {"waiting", "sending", "dead"} for each in self.deliveries)

    def find_facts(self, study_id: int) -> StudyFacts | None:
        """Find the facts of a study; none of one that the case no longer has."""
        return next((each for each in self.facts.studies if each.study_id == study_id), None)

    @property
    def is_signable(self) -> bool:
        """Is it settled whose images they are?"""
        return not self.identity_open

    @property
    def due_counts(self) -> bool:
        """Does the clock of the report still run?"""
        return self.sheet.row.state in OPEN_FOR_DISPATCH

    @property
    def lost_writing(self) -> bool:
        """Was the open page an editor of a case that is somebody else's now?"""
        return self.was_writing and not self.may.write

    @property
    def new_writing(self) -> bool:
        """Is it who looks that reads the case, though the open page has no editor?"""
        return self.may.write and not self.was_writing

    @property
    def draft_number(self) -> int:
        """Number of the draft that the editor starts from; 0 when there is none."""
        return self.sheet.draft.draft_number if self.sheet.draft else 0

    @property
    def edited_at(self) -> datetime | None:
        """When the draft was last saved."""
        return self.sheet.draft.edited_at if self.sheet.draft else None

    @property
    def chapters(self) -> Mapping[str, str]:
        """The text of the draft."""
        names = ("indication", "technique", "dose", "findings", "conclusion")
        return {name: getattr(self.sheet.draft, name) if self.sheet.draft else "" for name in names}


def find_actions(sheet: CaseSheet, *, actor: Actor) -> Actions:
    """Say what somebody may do to a case now."""
    row, radiologist_id = sheet.row, actor.radiologist_id
    asked = [each for each in row.nominees if each.radiologist_id == radiologist_id]
    is_own = radiologist_id is not None and (bool(asked) or _has(row, radiologist_id))

    def reaches(permission: Permission) -> bool:
        site = sheet.site
        return may(actor, permission, society_id=site.society_id, site_id=site.site_id)

    def allowed(permission: Permission) -> bool:
        # Who is asked to read a case may, also outside the sites they read for.
        asked_to = is_own and permission in BY_READING_RIGHT and holds(actor, permission)
        return asked_to or reaches(permission)

    state = CaseState(row.state)
    reads = allowed(Permission.CASE_CLAIM) and radiologist_id is not None
    coordinates = allowed(Permission.CASE_COORDINATE)
    open_for_dispatch = state in OPEN_FOR_DISPATCH
    return Actions(
        claim=reads and open_for_dispatch and state is not CaseState.READING,
        acknowledge=reads and any(not each.acknowledged for each in asked),
        write=reads and state is CaseState.READING and row.reader_id == radiologist_id,
        **_find_watching(row, radiologist_id if reads else None, coordinates=coordinates),
        reassign=coordinates and open_for_dispatch,
        prioritise=allowed(Permission.CASE_PRIORITISE) and open_for_dispatch,
        void=coordinates and state is not CaseState.VOIDED,
        regroup=(coordinates or reads) and open_for_dispatch,
        note_incident=allowed(Permission.CASE_RAISE),
        log_call=allowed(Permission.CALL_WRITE) and state is not CaseState.VOIDED,
        # A study is the site's: who is only asked to read a case settles nothing about it.
        identify=reaches(Permission.STUDY_IDENTIFY),
        sort=reaches(Permission.STUDY_SORT),
        redeliver=reaches(Permission.DELIVERY_RESEND) and state in _WITH_REPORT,
        **_find_writing(
            state,
            writes=radiologist_id is not None and allowed(Permission.REPORT_WRITE),
            is_withdrawn=sheet.is_withdrawn,
        ),
    )


def _has(row: WorklistRow, radiologist_id: int) -> bool:
    """Tell whether a case is theirs, or was until it was opened to others."""
    was = row.was_with is not None and row.was_with.radiologist_id == radiologist_id
    return was or row.reader_id == radiologist_id


def _find_watching(
    row: WorklistRow, reader_id: int | None, *, coordinates: bool
) -> dict[str, bool]:
    """Say what its reader and the coordinator may do about the claim of a case."""
    held = row.claim
    own = held if reader_id is not None and row.reader_id == reader_id else None
    return {
        "put_aside": own is not None and own.stage != "aside",
        "resume": own is not None and own.is_aside,
        "answer": own is not None and own.is_asked and not own.is_aside,
        "leave": coordinates and held is not None and held.is_asked,
        "dispossess": coordinates and held is not None,
    }


def _find_writing(state: CaseState, *, writes: bool, is_withdrawn: bool) -> dict[str, bool]:
    """Say what a radiologist may do with a report that is signed, or about to be."""
    signed = writes and state in _WITH_REPORT and not is_withdrawn
    return {
        "add": signed,
        "withdraw": signed,
        "note_critical": writes and (state in _WITH_REPORT or state is CaseState.READING),
    }


def list_choices(on_call: OnCall) -> tuple[ReaderChoice, ...]:
    """List everybody on guard, each once, by their first line before any other."""
    choices: dict[int, ReaderChoice] = {}
    for seat in on_call.seats:
        if seat.reader is None:
            continue
        line = "coordinator" if seat.kind is SeatKind.COORDINATOR else seat.line.value
        choice = ReaderChoice(
            radiologist_id=seat.reader.radiologist_id, name=seat.reader.name, line=line
        )
        choices.setdefault(choice.radiologist_id, choice)
    return tuple(choices.values())
