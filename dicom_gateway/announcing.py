"""Take what a sender announces of its studies, and answer as the standard asks.

Performed procedure steps are taken for the numbers that they announce. So is the list of a request
of storage commitment; the request itself is the commitment desk's (`dicom_gateway.commitment`).
Where there is no desk it is refused, which promises nothing (PS3.4 §J).
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from uuid import UUID

import structlog

from app.intake.domain.announcements import AnnouncementHeard, Source
from app.intake.domain.identifiers import check_uid
from app.kit.errors import AppError
from app.kit.ids import draw_arrival_id, draw_uid
from dicom_gateway.notices import (
    COMMITMENT_CLASS,
    COMMITMENT_INSTANCE,
    MPPS_CLASS,
    REQUEST_COMMITMENT,
    Answer,
    CommitmentAsked,
    MissingAttribute,
    Notice,
    NoticeKind,
    StepSaid,
    StepState,
    WrongState,
    read_commitment,
    read_step,
)
from dicom_gateway.statuses import (
    DUPLICATE_INSTANCE,
    NO_LONGER_UPDATED,
    NO_SUCH_ACTION,
    NO_SUCH_CLASS,
    NO_SUCH_INSTANCE,
    NOT_AUTHORIZED,
    PROCESSING_FAILURE,
    SUCCESS,
    status_of_notice,
)

_log = structlog.get_logger(__name__)
_MOST_NAMED = 10_000
"""Of a longer list only the number is kept."""
_MOST_STEPS = 10_000


@dataclass(frozen=True, slots=True)
class _Step:
    study_instance_uids: tuple[str, ...]
    is_over: bool = False


class StepMemory:
    """Remembers the steps of late, so that one is neither begun nor ended twice.

    A step that was begun before the process started, or with another one, is not known here: the
    index joins its ends by its UID.
    """

    def __init__(self) -> None:
        self._steps: OrderedDict[tuple[int, str], _Step] = OrderedDict()
        self._lock = Lock()

    def find(self, key: tuple[int, str]) -> _Step | None:
        """Find a step by its sender and UID."""
        with self._lock:
            return self._steps.get(key)

    def keep(self, key: tuple[int, str], step: _Step) -> None:
        """Remember a step; the one that was changed the longest time ago is forgotten for it."""
        with self._lock:
            self._steps[key] = step
            self._steps.move_to_end(key)
            if len(self._steps) > _MOST_STEPS:
                self._steps.popitem(last=False)


class Announcing:
    """Takes the notices of all associations.

    Parameters
    ----------
    write
        Journals an announcement; raises an `AppError` when it cannot.
    read_clock
        The host's clock; the database may be away.
    """

    def __init__(
        self,
        *,
        write: Callable[[AnnouncementHeard], None],
        read_clock: Callable[[], datetime],
    ) -> None:
        self._write = write
        self._read_clock = read_clock
        self._steps = StepMemory()

    def take(self, notice: Notice, *, sender_id: int, association_id: UUID) -> Answer:
        """Take one notice; never raises."""
        try:
            answer = self._take(notice, sender_id=sender_id)
        except AppError as error:
            status = status_of_notice(error)
            _log.warning(
                "notice_refused",
                association_id=str(association_id),
                kind=notice.kind.value,
                status=f"{status:04X}",
                reason=error.message,
            )
            return Answer(status)
        except Exception as error:  # noqa: BLE001 - the edge: the peer must hear of it
            _log.exception("notice_failed", association_id=str(association_id), exc_info=error)
            return Answer(PROCESSING_FAILURE)
        _log.info(
            "notice_taken",
            association_id=str(association_id),
            kind=notice.kind.value,
            status=f"{answer.status:04X}",
        )
        return answer

    def _take(self, notice: Notice, *, sender_id: int) -> Answer:
        if notice.kind is NoticeKind.ACTION:
            return self._take_commitment(notice, sender_id=sender_id)
        if notice.sop_class_uid != MPPS_CLASS:
            return Answer(NO_SUCH_CLASS)
        if notice.kind is NoticeKind.CREATE:
            return self._begin_step(notice, sender_id=sender_id)
        return self._change_step(notice, sender_id=sender_id)

    def _begin_step(self, notice: Notice, *, sender_id: int) -> Answer:
        step_uid = notice.sop_instance_uid or draw_uid()
        key = (sender_id, check_uid(step_uid, name="Affected SOP Instance UID"))
        said = read_step(notice)
        if said.state is None or not said.study_instance_uids:
            raise MissingAttribute("a step begins with its state and the studies it is of")
        if said.state is not StepState.IN_PROGRESS:
            # PS3.4 §F.7.2.1.2: it is created in this state and in no other.
            raise WrongState("a step begins in progress")
        if self._steps.find(key) is not None:
            return Answer(DUPLICATE_INSTANCE)
        for study_instance_uid in said.study_instance_uids:
            self._write(
                AnnouncementHeard(
                    announcement_id=draw_arrival_id(),
                    sender_id=sender_id,
                    source=Source.MPPS,
                    study_instance_uid=study_instance_uid,
                    step_uid=step_uid,
                    said_at=self._read_clock(),
                    is_final=False,
                )
            )
        self._steps.keep(key, _Step(said.study_instance_uids))
        return Answer(SUCCESS, sop_instance_uid=step_uid)

    def _change_step(self, notice: Notice, *, sender_id: int) -> Answer:
        if not notice.sop_instance_uid:
            return Answer(NO_SUCH_INSTANCE)
        key = (sender_id, check_uid(notice.sop_instance_uid, name="Requested SOP Instance UID"))
        said = read_step(notice)
        known = self._steps.find(key)
        if known is not None and known.is_over:
            # PS3.4 §F.7.2.2.3: what is completed or discontinued changes no more.
            return Answer(PROCESSING_FAILURE, error_id=NO_LONGER_UPDATED)
        if said.state in {StepState.COMPLETED, StepState.DISCONTINUED}:
            self._end_step(said, known=known, key=key)
        return Answer(SUCCESS)

    def _end_step(self, said: StepSaid, *, known: _Step | None, key: tuple[int, str]) -> None:
        sender_id, step_uid = key
        studies = known.study_instance_uids if known else ()
        self._write(
            self._list(
                Source.MPPS,
                sender_id=sender_id,
                step_uid=step_uid,
                uids=said.sop_instance_uids,
                # Of several studies nobody says here which of them an instance belongs to.
                study_instance_uid=studies[0] if len(studies) == 1 else "",
            )
        )
        self._steps.keep(key, _Step(studies, is_over=True))

    def _take_commitment(self, notice: Notice, *, sender_id: int) -> Answer:
        heard = self.hear_list(notice, sender_id=sender_id)
        return heard if isinstance(heard, Answer) else Answer(NOT_AUTHORIZED)

    def hear_list(self, notice: Notice, *, sender_id: int) -> CommitmentAsked | Answer:
        """Journal the list of a request of commitment, whatever becomes of the request.

        Returns
        -------
        CommitmentAsked or Answer
            What is asked; or the answer to a notice that is no request of commitment.

        Raises
        ------
        AppError
            If the list cannot be understood, or not be journalled.
        """
        if notice.sop_class_uid != COMMITMENT_CLASS:
            return Answer(NO_SUCH_CLASS)
        if notice.sop_instance_uid != COMMITMENT_INSTANCE:
            return Answer(NO_SUCH_INSTANCE)
        if notice.action_type != REQUEST_COMMITMENT:
            return Answer(NO_SUCH_ACTION)
        asked = read_commitment(notice)
        self._write(
            self._list(
                Source.COMMITMENT,
                sender_id=sender_id,
                step_uid=asked.transaction_uid,
                uids=asked.sop_instance_uids,
            )
        )
        return asked

    def _list(
        self,
        source: Source,
        *,
        sender_id: int,
        step_uid: str,
        uids: tuple[str, ...],
        study_instance_uid: str = "",
    ) -> AnnouncementHeard:
        return AnnouncementHeard(
            announcement_id=draw_arrival_id(),
            sender_id=sender_id,
            source=source,
            study_instance_uid=study_instance_uid,
            step_uid=step_uid,
            said_at=self._read_clock(),
            instance_count=len(uids),
            sop_instance_uids=uids if len(uids) <= _MOST_NAMED else (),
        )
