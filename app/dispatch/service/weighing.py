"""Weigh who should read a case: decide, from all that was read for it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from app.cases.domain.sla import Sla
from app.cases.models import Case
from app.dispatch.domain.exams import ExamKind
from app.dispatch.domain.policy import CaseToRead, Circle, Decision, Reader, decide
from app.dispatch.domain.policy.stored import write_inputs
from app.dispatch.repository.decisions import Decided
from app.dispatch.repository.waiting import Unclaimed
from app.dispatch.service.clocks import find_next_step
from app.dispatch.service.on_guard import OnGuard
from app.kit.errors import Conflict


class AwaitsImages(Conflict):
    """There is nothing to read in the case yet."""

    def __init__(self, case_id: int) -> None:
        super().__init__(f"case {case_id} waits for its images: it is offered when the first comes")
        self.case_id = case_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """A decision about a case with all that went into it, not yet written."""

    case: CaseToRead
    inputs: dict[str, Any]
    decision: Decision
    cause: str
    on_guard: OnGuard

    @property
    def decided(self) -> Decided:
        """What is kept of it."""
        return Decided(
            case_id=self.case.case_id,
            inputs=self.inputs,
            decision=self.decision,
            cause=self.cause,
        )

    @property
    def readers(self) -> tuple[Reader, ...]:
        """Everybody on guard."""
        return self.on_guard.readers

    @property
    def expected_read(self) -> timedelta:
        """By all readers; the clocks of the case count with it from now on."""
        return self.on_guard.expected_read

    @property
    def expected_read_s(self) -> int:
        """As it is kept on the case, > 0."""
        return max(1, round(self.expected_read.total_seconds()))

    @property
    def guard_ends(self) -> datetime | None:
        """When the last of the nominees goes off guard."""
        nominees = set(self.decision.nominees)
        return max(
            (each.guard.end for each in self.readers if each.radiologist_id in nominees),
            default=None,
        )


def weigh(
    case: Case,
    *,
    unclaimed: Unclaimed,
    on_guard: OnGuard,
    circle: Circle,
    cause: str,
    now: datetime,
) -> Weighing:
    """Decide.

    Raises
    ------
    AwaitsImages
        If no image has come yet.
    """
    step_due_at = find_next_step(
        case, unclaimed=unclaimed, done=case.step, now=now, expected_read=on_guard.expected_read
    )
    described = _describe(case, sla=unclaimed.sla, kind=on_guard.kind)
    to_read = replace(described, step_due_at=step_due_at)
    in_force = on_guard.in_force
    readers, parameters = on_guard.readers, in_force.parameters
    return Weighing(
        case=to_read,
        inputs=write_inputs(to_read, readers=readers, circle=circle, parameters=parameters, now=now)
        | {
            "parameters_version": in_force.parameters_id,
            "read_times_version": None if in_force.read_times is None else in_force.read_times.id,
        },
        decision=decide(to_read, readers=readers, circle=circle, now=now, parameters=parameters),
        cause=cause,
        on_guard=on_guard,
    )


def _describe(case: Case, *, sla: Sla, kind: ExamKind) -> CaseToRead:
    if case.signed_due_at is None:
        raise AwaitsImages(case.id)
    return CaseToRead(
        case_id=case.id,
        priority=case.priority,
        signed_due_at=case.signed_due_at,
        readers_at_once=sla.readers_at_once,
        owner_id=case.owner_id,
        waiting_since=case.first_image_at,
        modality=kind.modality,
        region=kind.region.value,
    )
