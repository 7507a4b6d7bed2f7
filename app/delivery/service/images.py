"""Use cases that send images to the readers of a case, from the first one to the last."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.domain.states import OPEN_FOR_DISPATCH, CaseState
from app.db.notify import WORK, notify
from app.delivery.repository import images, priors, wanted
from app.delivery.repository.first_images import ask_first
from app.delivery.repository.priors import StudyOfCase
from app.delivery.service.planning import JOB
from app.delivery.service.priors import renew_priors
from app.dispatch import repository as dispatch
from app.intake.models import Study


async def send_to_readers(session: AsyncSession, case_id: int, *, now: datetime) -> None:
    """Send a case's images to those who read it, or are asked to, and to nobody else any more."""
    nodes = await dispatch.list_nodes(session, case_id)
    studies = await priors.list_studies(session, case_id)
    study_ids = [each.study_id for each in studies]
    is_all = await _ask(
        session, case_id=case_id, nodes=nodes, studies=studies, to_read=study_ids, now=now
    )
    if not is_all:
        await _stop_unread(session, case_id)


async def send_all_to_readers(
    session: AsyncSession, case_ids: Collection[int], *, now: datetime
) -> None:
    """Do what `send_to_readers` does, for cases that were just offered.

    What nothing went for before, and no earlier study goes with, is asked for in one statement.
    """
    asked = await ask_first(session, case_ids, now=now, wakes=JOB)
    for case_id in case_ids:
        if case_id not in asked:
            await send_to_readers(session, case_id, now=now)


async def _stop_unread(session: AsyncSession, case_id: int) -> None:
    await wanted.give_to_others(session, case_id=case_id)
    await images.cancel_unread(session, case_id=case_id)


async def prior_came(session: AsyncSession, study: Study, *, now: datetime) -> None:
    """Send a prior, or what came of it since, to those who read a case of the same patient."""
    await send_anew(session, await lock_concerned(session, study), now=now)
    await send_new_images(session, study_id=study.id, now=now)


async def lock_concerned(session: AsyncSession, study: Study) -> list[int]:
    """Lock the cases to whose readers a study goes, or went until now, and give their ids.

    All at once and in one order, before anything is changed: two who ask never wait for each other.
    """
    concerned = set(
        await priors.list_open_cases(session, study_id=study.id, patient_id=study.patient_id)
    )
    own_id = await cases.find_case_of_study(session, study.id)
    if own_id is not None:
        concerned.add(own_id)
    for case_id in sorted(concerned):
        await cases.lock_case(session, case_id)
    return sorted(concerned)


async def send_anew(session: AsyncSession, case_ids: Sequence[int], *, now: datetime) -> None:
    """Choose the priors of cases anew, and send them; what goes with none any more is stopped.

    The caller holds the cases. What is to be read itself is not asked for again.
    """
    for case_id in case_ids:
        case = await cases.get_case(session, case_id)
        if CaseState(case.state) in OPEN_FOR_DISPATCH:
            nodes = await dispatch.list_nodes(session, case_id)
            studies = await priors.list_studies(session, case_id)
            await _ask(session, case_id=case_id, nodes=nodes, studies=studies, now=now)
            await _stop_unread(session, case_id)
            await cases.touch(session, case_id)


async def plan_images(
    session: AsyncSession, *, case_id: int, radiologist_ids: Iterable[int], now: datetime
) -> int:
    """Ask for a case's studies, then its priors, to be sent to the nodes of its readers' centres.

    A study that a node has, or is getting, is not sent anew. A reader whose centre has no node is
    passed over.

    Returns
    -------
    int
        How many nodes are concerned.
    """
    endpoints = await dispatch.find_endpoints(session, radiologist_ids)
    nodes = {each for each in endpoints.values() if each is not None}
    studies = await priors.list_studies(session, case_id)
    study_ids = [each.study_id for each in studies]
    await _ask(session, case_id=case_id, nodes=nodes, studies=studies, to_read=study_ids, now=now)
    return len(nodes)


async def _ask(
    session: AsyncSession,
    *,
    case_id: int,
    nodes: Collection[int],
    studies: Sequence[StudyOfCase],
    to_read: Iterable[int] = (),
    now: datetime,
) -> bool:
    """Ask for studies, and for the priors of their case, to be sent to nodes.

    Returns
    -------
    bool
        Whether nothing else goes for the case.
    """
    beside = await renew_priors(session, case_id, studies, now=now)
    is_prior = dict.fromkeys(beside, True) | dict.fromkeys(to_read, False)
    pairs = {(node, each): is_prior[each] for node in nodes for each in is_prior}
    locked = await images.lock_images(session, case_id=case_id, pairs=pairs, now=now)
    for pair, is_beside in pairs.items():
        ask = images.ask_beside if is_beside else images.ask_to_read
        await ask(session, locked[pair], case_id=case_id, now=now)
    if nodes:
        await notify(session, channel=WORK, payload=JOB)
    return locked.keys() == pairs.keys()


async def send_new_images(session: AsyncSession, *, study_id: int, now: datetime) -> None:
    """Send images that arrived since to the nodes that have the rest of the study."""
    if await images.wake_images(session, study_id=study_id, now=now):
        await notify(session, channel=WORK, payload=JOB)
