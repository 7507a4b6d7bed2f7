"""Use cases of a person's hand: two cases are one question, or one case is two."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository
from app.cases.domain.priority import Priority, Urgency
from app.cases.domain.states import OPEN_FOR_DISPATCH, CaseAction, CaseState
from app.cases.domain.timeline import EventKind
from app.cases.events import CasesJoined, CaseSplit
from app.cases.models import Case
from app.cases.service.clocks import raise_to, take_site_snapshot
from app.cases.service.contents import take_stock
from app.cases.service.facts import check_reason
from app.kit.errors import Conflict, Invalid
from app.requests.repository import requests


class CaseClosed(Conflict):
    """What somebody has signed, or set aside, is neither joined nor split."""

    def __init__(self, case: Case) -> None:
        super().__init__(
            f"case {case.id} is {case.state}: only cases that nobody has signed are joined or split"
        )
        self.case_id = case.id


@dataclass(frozen=True, slots=True)
class _Trace:
    """What stands on the timelines of both sides: who did it, when and why."""

    kind: EventKind
    reason: str
    by_user_id: int
    now: datetime

    async def leave(self, session: AsyncSession, case_id: int, detail: dict[str, object]) -> None:
        await repository.add_event(
            session,
            case_id=case_id,
            kind=self.kind,
            now=self.now,
            by_user_id=self.by_user_id,
            reason=self.reason,
            detail=detail,
        )


@dataclass(frozen=True, slots=True)
class _Parts:
    """Studies and requests that go from one case to another."""

    study_ids: tuple[int, ...]
    request_ids: tuple[int, ...]

    def name(self) -> dict[str, object]:
        return {"studies": self.study_ids, "requests": self.request_ids}

    async def link(self, session: AsyncSession, case_id: int, *, now: datetime) -> None:
        for study_id in self.study_ids:
            await repository.link_study(session, case_id=case_id, study_id=study_id, now=now)
        for request_id in self.request_ids:
            await repository.link_request(session, case_id=case_id, request_id=request_id, now=now)


def check_open(case: Case) -> None:
    """Let only what nobody has signed or set aside be put together or taken apart.

    Raises
    ------
    CaseClosed
        If it is closed.
    """
    if CaseState(case.state) not in OPEN_FOR_DISPATCH:
        raise CaseClosed(case)


async def lock_pair(session: AsyncSession, case_id: int, other_id: int) -> tuple[Case, Case]:
    """Lock two cases in the order of their ids, and give them in the order asked for.

    Raises
    ------
    Invalid
        If they are one.
    CaseNotFound
        If one of them is not there.
    """
    if case_id == other_id:
        raise Invalid(f"case {case_id} cannot be joined with itself: name another one")
    locked = {
        each: await repository.lock_case(session, each) for each in sorted((case_id, other_id))
    }
    return locked[case_id], locked[other_id]


async def join(
    session: AsyncSession,
    *,
    case_id: int,
    other_id: int,
    reason: str,
    by_user_id: int,
    now: datetime,
) -> CasesJoined:
    """Let a case take over the studies and requests of another, which is then voided.

    Raises
    ------
    Invalid
        If they belong to two sites, are one case, or no reason is given.
    CaseClosed
        If one of them is signed or voided.
    Conflict
        If the other has a critical finding that nobody was called about.
    """
    check_reason(reason)
    kept, absorbed = await lock_pair(session, case_id, other_id)
    _check_joinable(kept, absorbed)
    parts = await _list_parts(session, absorbed.id)
    due_at = _find_dispatch_due(kept, absorbed, now=now)
    await _set_aside(session, kept, absorbed, reason=reason, by_user_id=by_user_id, now=now)
    await parts.link(session, kept.id, now=now)
    await _take_over(session, kept, absorbed, due_at=due_at, now=now)
    trace = _Trace(EventKind.JOINED, reason=reason, by_user_id=by_user_id, now=now)
    await trace.leave(session, kept.id, {"case": absorbed.id, **parts.name()})
    await trace.leave(session, absorbed.id, {"into": kept.id, **parts.name()})
    return CasesJoined(
        case_id=kept.id,
        absorbed_id=absorbed.id,
        study_ids=parts.study_ids,
        request_ids=parts.request_ids,
    )


async def _list_parts(session: AsyncSession, case_id: int) -> _Parts:
    studies = await repository.list_studies(session, case_id)
    asked = await repository.list_request_ids(session, case_id)
    return _Parts(tuple(each.id for each in studies), tuple(asked))


async def _set_aside(
    session: AsyncSession,
    kept: Case,
    absorbed: Case,
    *,
    reason: str,
    by_user_id: int,
    now: datetime,
) -> None:
    await repository.end_links(session, case_id=absorbed.id, now=now)
    await repository.move(
        session,
        absorbed.id,
        action=CaseAction.VOID,
        now=now,
        by_user_id=by_user_id,
        reason=reason,
        joined_into_id=kept.id,
        dispatch_due_at=None,
        step_due_at=None,
    )


async def _take_over(
    session: AsyncSession, kept: Case, absorbed: Case, *, due_at: datetime | None, now: datetime
) -> None:
    """Let the case that stands be as urgent, as early and as owned as either was."""
    urgency = Urgency(Priority(absorbed.priority), absorbed.priority_reason)
    joined = await take_stock(
        session,
        kept.id,
        owner_id=kept.owner_id or absorbed.owner_id,
        preliminary_at=kept.preliminary_at or absorbed.preliminary_at,
        dispatch_due_at=due_at,
    )
    await raise_to(session, joined, urgency=urgency, now=now)


def _check_joinable(kept: Case, absorbed: Case) -> None:
    if kept.site_id != absorbed.site_id:
        msg = f"cases {kept.id} and {absorbed.id} belong to two sites: they are never joined"
        raise Invalid(msg)
    for case in (kept, absorbed):
        check_open(case)
    if absorbed.critical_at is not None:
        msg = f"case {absorbed.id} has a critical finding that is not confirmed: call first"
        raise Conflict(msg)


def _find_dispatch_due(kept: Case, absorbed: Case, *, now: datetime) -> datetime | None:
    """Say when the case that is kept is offered: not later than either would have been."""
    if CaseState(kept.state) is not CaseState.OPEN:
        return kept.dispatch_due_at
    instants = [kept.dispatch_due_at]
    if absorbed.first_image_at is not None:
        instants.append(absorbed.dispatch_due_at or now)
    return min((each for each in instants if each is not None), default=None)


async def split(
    session: AsyncSession,
    *,
    case_id: int,
    study_ids: Collection[int],
    request_ids: Collection[int],
    reason: str,
    by_user_id: int,
    now: datetime,
) -> CaseSplit:
    """Take studies and requests out of a case, into a new one that is offered at once.

    Raises
    ------
    Invalid
        If nothing is named, something is not in the case, or nothing would stay in it.
    CaseClosed
        If the case is signed or voided.
    """
    check_reason(reason)
    case = await repository.lock_case(session, case_id)
    check_open(case)
    parts = _Parts(tuple(sorted(set(study_ids))), tuple(sorted(set(request_ids))))
    await _check_parts(session, case, parts)
    new_id = await _open_part(
        session, case, has_images=bool(parts.study_ids), by_user_id=by_user_id, now=now
    )
    await _take_out(session, case, parts, now=now)
    await parts.link(session, new_id, now=now)
    await take_stock(session, new_id, owner_id=await _find_owner(session, new_id))
    trace = _Trace(EventKind.SPLIT, reason=reason, by_user_id=by_user_id, now=now)
    await trace.leave(session, case_id, {"into": new_id, **parts.name()})
    await trace.leave(session, new_id, {"case": case_id, **parts.name()})
    return CaseSplit(
        case_id=case_id,
        new_case_id=new_id,
        study_ids=parts.study_ids,
        request_ids=parts.request_ids,
    )


async def _take_out(session: AsyncSession, case: Case, parts: _Parts, *, now: datetime) -> None:
    was_count = case.instance_count
    await repository.end_links(
        session,
        case_id=case.id,
        now=now,
        study_ids=parts.study_ids,
        request_ids=parts.request_ids,
    )
    await take_stock(session, case.id, owner_id=await _find_owner(session, case.id))
    await forget_seen(session, case.id, was_count=was_count)


async def forget_seen(session: AsyncSession, case_id: int, *, was_count: int) -> None:
    """Let images that left a case be none of those that its reader has seen.

    Which of them were seen is not known: rather mark images as seen twice than not at all.
    """
    case = await repository.get_case(session, case_id)
    gone = was_count - case.instance_count
    await repository.change(session, case_id, seen_count=max(0, case.seen_count - gone))


async def _check_parts(session: AsyncSession, case: Case, parts: _Parts) -> None:
    within = await _list_parts(session, case.id)
    in_case, asked = set(within.study_ids), set(within.request_ids)
    if not parts.study_ids and not parts.request_ids:
        raise Invalid(f"say which studies or requests are to leave case {case.id}")
    if not (in_case.issuperset(parts.study_ids) and asked.issuperset(parts.request_ids)):
        raise Invalid(f"case {case.id} does not have all of these: look at it again")
    stays = in_case - set(parts.study_ids) if in_case else asked - set(parts.request_ids)
    if not stays:
        raise Invalid(f"something must stay in case {case.id}: else nothing is split")


async def _open_part(
    session: AsyncSession, case: Case, *, has_images: bool, by_user_id: int, now: datetime
) -> int:
    sla = await take_site_snapshot(session, site_id=case.site_id, priority=Priority(case.priority))
    part = await repository.add_case(
        session,
        Case(
            site_id=case.site_id,
            patient_id=case.patient_id,
            priority=case.priority,
            priority_reason=case.priority_reason,
            state=CaseState.OPEN.value,
            state_at=now,
            state_by=by_user_id,
            state_reason=f"split from case {case.id}",
            created_at=now,
            dispatch_due_at=now if has_images else None,
            split_from_id=case.id,
        ),
    )
    await repository.add_sla(session, case_id=part.id, sla=sla, now=now)
    return part.id


async def _find_owner(session: AsyncSession, case_id: int) -> int | None:
    """Find who accepted the last of a case's requests."""
    owners = [
        (await requests.get_request(session, each)).decided_by
        for each in await repository.list_request_ids(session, case_id)
    ]
    return next((each for each in reversed(owners) if each is not None), None)
