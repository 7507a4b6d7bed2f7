"""Use cases of readers: see a case, take it, give it back."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases import service as case_service
from app.cases.domain.states import OPEN_FOR_DISPATCH, CaseAction, CaseState, MoveRefused
from app.cases.domain.timeline import EventKind
from app.cases.models import Case
from app.directory.domain.actor import Actor
from app.dispatch import repository
from app.dispatch.domain.watch import ClaimStage, SignMeans, find_stage_due
from app.dispatch.events import CaseClaimed
from app.dispatch.repository.exam_kinds import map_kinds, write_kind
from app.dispatch.service.clocks import count_anew, expect_read, find_pace
from app.dispatch.service.nominations import nominate_by_hand
from app.dispatch.service.taking import radiologist_of, take_away
from app.dispatch.service.weighing import AwaitsImages
from app.kit.errors import Conflict, NotAllowed


class NotNominated(Conflict):
    """The case is not offered to this reader now."""


class AnotherActive(Conflict):
    """The reader has put a case aside for one that they read now: they read one at a time."""

    def __init__(self, case_id: int) -> None:
        super().__init__(
            f"you read case {case_id} now, and have put another aside: "
            f"sign case {case_id}, give it back, or put it aside too"
        )
        self.case_id = case_id


async def acknowledge(
    session: AsyncSession,
    *,
    case_id: int,
    actor: Actor,
    now: datetime,
    means: SignMeans = SignMeans.KEY,
) -> None:
    """Say "I have seen it": the clock of acknowledgement stops, that of slack does not.

    Parameters
    ----------
    means
        By what they say so.

    Raises
    ------
    NotNominated
        If the case is not offered to this reader now.
    """
    radiologist_id = radiologist_of(actor)
    case = await cases.lock_case(session, case_id)
    if radiologist_id not in await repository.list_nominees(session, case_id):
        await repository.refuse_claimed(session, case_id)
        msg = f"case {case_id} is not offered to you now, it is {case.state}"
        raise NotNominated(msg)
    fresh = await repository.acknowledge_nomination(
        session, case_id=case_id, radiologist_id=radiologist_id, now=now
    )
    if not fresh:
        return
    await cases.add_event(
        session,
        case_id=case_id,
        kind=EventKind.ACKNOWLEDGED,
        now=now,
        by_user_id=actor.user_id,
        detail={"radiologist": radiologist_id, "means": means.value},
    )
    await count_anew(session, case_id, now=now)


async def claim(session: AsyncSession, *, case_id: int, actor: Actor, now: datetime) -> CaseClaimed:
    """Take a case: from now on this reader answers for it.

    A case that is not yet nominated is nominated to the claimer in the same transaction. Claiming
    again what one has claimed changes nothing.

    Raises
    ------
    CaseAlreadyClaimed
        If another was first, naming them.
    AwaitsImages
        If no image has come yet.
    AnotherActive
        If they have put a case aside, and read another.
    NotAllowed
        If the radiologist may not read for the site.
    """
    radiologist_id = radiologist_of(actor)
    case = await cases.lock_case(session, case_id)
    if CaseState(case.state) is CaseState.READING:
        if case.reader_id == radiologist_id:
            return CaseClaimed(case_id=case_id, radiologist_id=radiologist_id)
        await repository.refuse_claimed(session, case_id)
    if CaseState(case.state) not in OPEN_FOR_DISPATCH:
        raise MoveRefused(CaseState(case.state), CaseAction.CLAIM)
    await _check_may_claim(session, case, radiologist_id=radiologist_id, now=now)
    await check_one_active(session, radiologist_id, but=case_id)
    if CaseState(case.state) is CaseState.OPEN:
        reason = "taken before it was offered"
        await nominate_by_hand(session, case_id, actor=actor, reason=reason, now=now)
    await _take(session, case, actor=actor, radiologist_id=radiologist_id, now=now)
    return CaseClaimed(case_id=case_id, radiologist_id=radiologist_id)


async def _check_may_claim(
    session: AsyncSession, case: Case, *, radiologist_id: int, now: datetime
) -> None:
    if case.first_image_at is None:
        raise AwaitsImages(case.id)
    if radiologist_id == case.was_with_id:
        return
    if radiologist_id in await repository.list_nominees(session, case.id):
        return
    if not await repository.may_read_site(
        session, radiologist_id=radiologist_id, site_id=case.site_id, now=now
    ):
        msg = f"you may not read for site {case.site_id}: ask its society or the coordinator"
        raise NotAllowed(msg)


async def check_one_active(session: AsyncSession, radiologist_id: int, *, but: int) -> None:
    """Refuse another case to who has put one aside, and reads one beside this.

    Raises
    ------
    AnotherActive
        If they do.
    """
    standing = await repository.list_of_reader(session, radiologist_id)
    has_aside = any(repository.is_aside(each) for each in standing)
    active = [
        each.case_id for each in standing if not repository.is_aside(each) and each.case_id != but
    ]
    if has_aside and active:
        raise AnotherActive(active[0])


async def _take(
    session: AsyncSession, case: Case, *, actor: Actor, radiologist_id: int, now: datetime
) -> None:
    kind = (await map_kinds(session, [case.id]))[case.id]
    expected_read = await expect_read(session, kind, radiologist_id=radiologist_id)
    pace = await find_pace(session, case, expected_read=expected_read)
    await repository.add_claim(
        session,
        case_id=case.id,
        radiologist_id=radiologist_id,
        expected_read=pace.expected_read,
        due_at=find_stage_due(ClaimStage.ACTIVE, pace=pace, now=now),
        now=now,
    )
    await repository.end_nominations(session, case_id=case.id, reason="claimed", now=now)
    await cases.move(
        session,
        case.id,
        action=CaseAction.CLAIM,
        now=now,
        by_user_id=actor.user_id,
        reader_id=radiologist_id,
        expected_read_s=max(1, round(expected_read.total_seconds())),
        dispatch_due_at=None,
        dispatch_cause=None,
        step_due_at=None,
        was_with_id=None,
        was_with_since=None,
        **write_kind(kind),
    )


async def release(
    session: AsyncSession, *, case_id: int, actor: Actor, reason: str, now: datetime
) -> None:
    """Give a case back, with a reason; it is due to be offered to others now.

    Raises
    ------
    NotAllowed
        If another reader holds it.
    Invalid
        If no reason is given.
    """
    case_service.check_reason(reason)
    case = await cases.lock_case(session, case_id)
    if CaseState(case.state) is not CaseState.READING:
        raise MoveRefused(CaseState(case.state), CaseAction.RELEASE)
    if case.reader_id != radiologist_of(actor):
        msg = f"case {case_id} is read by somebody else: the coordinator can reassign it"
        raise NotAllowed(msg)
    await take_away(
        session,
        case,
        action=CaseAction.RELEASE,
        by_user_id=actor.user_id,
        reason=reason,
        now=now,
    )


async def mark_images_seen(
    session: AsyncSession, *, case_id: int, seen_count: int, actor: Actor, now: datetime
) -> None:
    """Say how many of the case's images one has seen; only its reader can.

    Raises
    ------
    NotAllowed
        If the actor does not read the case.
    Invalid
        If the case never had that many.
    """
    case = await cases.lock_case(session, case_id)
    if actor.user_id is None or case.reader_id != radiologist_of(actor):
        msg = f"only the reader of case {case_id} can say that its images were seen"
        raise NotAllowed(msg)
    await case_service.mark_images_seen(
        session, case_id=case_id, seen_count=seen_count, by_user_id=actor.user_id, now=now
    )


async def let_go(
    session: AsyncSession, *, case_id: int, now: datetime, reason: str = "voided"
) -> None:
    """End every nomination and the claim of a case that was set aside."""
    await repository.end_nominations(session, case_id=case_id, reason=reason, now=now)
    await repository.end_claim(session, case_id=case_id, reason=reason, now=now)
