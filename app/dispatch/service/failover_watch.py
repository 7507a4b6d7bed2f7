"""Use cases of the platform itself: it sees who falls silent, and which centre is down or back."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Centre
from app.dispatch.domain.failover import (
    ECHO_EVERY,
    ECHOES_TO_LOSE,
    CentreSeen,
    MassSilence,
    find_mass_silence,
    judge_centre,
)
from app.dispatch.domain.failover_moves import CentreAction, DownCause
from app.dispatch.events import CasesToOffer
from app.dispatch.models import CentreDown, NodeEcho
from app.dispatch.repository import failover as repository
from app.dispatch.repository import node_echoes
from app.dispatch.repository import presence as streams
from app.dispatch.repository.presence_readers import NamedReader
from app.dispatch.service.failover import bring_back, read_rules, take_down
from app.dispatch.service.presence import look_for_gone, tell_pages
from app.dispatch.service.silence_alarm import sound_alarm
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind

_SILENCE = "readers"
"""The subject of the alarm: there is one mass silence at a time."""
_ECHO_LASTS = timedelta(seconds=30)
"""For so long a node belongs to who asks it."""


async def watch(session: AsyncSession, *, now: datetime) -> list[CasesToOffer]:
    """Look at who is there, and draw the consequences of who is not.

    The caller holds the lock of whoever decides: nobody offers a case meanwhile to a reader who is
    just found to be gone. While a mass silence lasts nothing is revoked, and what is down stays so.

    Returns
    -------
    list
        What is to be due at once, in the same transaction.
    """
    named = await look_for_gone(session, now=now)
    if await _note_mass_silence(session, named, now=now):
        return []
    rules = await read_rules(session)
    quiet_until = await repository.find_last_silence_end(session)
    to_offer = []
    for centre, standing, seen in await _list_centres(session, named):
        action = judge_centre(seen, rules=rules, quiet_until=quiet_until, now=now)
        if action is None:
            continue
        await repository.lock_centre(session, centre.id)
        if action is CentreAction.COME_BACK and standing is not None:
            to_offer.append(await bring_back(session, standing, by_user_id=None, now=now))
        else:
            to_offer.append(
                await take_down(session, centre, action=action, by_user_id=None, now=now)
            )
    return to_offer


async def _note_mass_silence(
    session: AsyncSession, named: Sequence[NamedReader], *, now: datetime
) -> bool:
    """Tell whether the silence is our own fault; when it begins, the alarm is raised."""
    found = find_mass_silence(
        [each.seen for each in named],
        last_beat_at=await streams.find_last_beat(session),
        now=now,
    )
    standing = await repository.find_silence(session)
    if found is None and standing is not None:
        await repository.end_silence(session, now=now)
        await tasks.settle_by_itself(
            session, TaskKind.MASS_SILENCE, subject=_SILENCE, outcome="they are heard", now=now
        )
        await tell_pages(session)
    if found is not None and standing is None:
        await _begin_silence(session, found, now=now)
    return found is not None


async def _begin_silence(session: AsyncSession, found: MassSilence, *, now: datetime) -> None:
    await repository.add_silence(session, silent=found.silent, came=found.came, now=now)
    await tasks.raise_task(
        session,
        TaskKind.MASS_SILENCE,
        subject=_SILENCE,
        detail={"silent": found.silent, "came": found.came},
        now=now,
    )
    await sound_alarm(session, now=now)
    await tell_pages(session)


async def _list_centres(
    session: AsyncSession, named: Sequence[NamedReader]
) -> list[tuple[Centre, CentreDown | None, CentreSeen]]:
    """List the centres that have somebody on guard, or are down, by id."""
    down = {each.centre_id: each for each in await repository.list_down(session)}
    told_back = await repository.find_told_back(session)
    echoes = {each.endpoint_id: each for each in await node_echoes.list_echoes(session)}
    readers = [each.seen for each in named]
    ids = {each.centre_id for each in readers if each.centre_id is not None} | set(down)
    found = []
    for centre in await repository.list_centres(session, ids):
        standing = down.get(centre.id)
        echo = echoes.get(centre.endpoint_id) if centre.endpoint_id is not None else None
        seen = CentreSeen(
            centre_id=centre.id,
            readers=tuple(each for each in readers if each.centre_id == centre.id),
            node_failed_at=() if echo is None else tuple(echo.failed_at),
            node_answered_at=None if echo is None else echo.answered_at,
            down_cause=None if standing is None else DownCause(standing.cause),
            down_since=None if standing is None else standing.began_at,
            told_back_at=told_back.get(centre.id),
        )
        found.append((centre, standing, seen))
    return found


# --------------------------------------------------------------------------------------- echoes


async def claim_echo(
    session: AsyncSession, waited_for: Collection[int], *, now: datetime
) -> tuple[int, uuid.UUID] | None:
    """Claim a node that is to be asked whether it is there.

    Parameters
    ----------
    waited_for
        Nodes that a study waits for. The node of a centre that is down because of it is asked too,
        until it answers.
    """
    return await node_echoes.claim_echo(
        session,
        await _list_asked(session, waited_for),
        asked_before=now - ECHO_EVERY,
        until=now + _ECHO_LASTS,
        now=now,
    )


async def _list_asked(session: AsyncSession, waited_for: Collection[int]) -> set[int]:
    watched = set(waited_for) & await repository.list_watched_nodes(session)
    return watched | await repository.list_lost_nodes(session)


async def finish_echo(
    session: AsyncSession, endpoint_id: int, *, token: uuid.UUID, has_answered: bool, now: datetime
) -> None:
    """Keep what a node answered; nothing when another has asked it since."""
    if has_answered:
        await node_echoes.finish_echo(
            session, endpoint_id, token=token, answered_at=now, failed_at=[]
        )
        return
    echo = await session.get(NodeEcho, endpoint_id, populate_existing=True)
    before = [] if echo is None else echo.failed_at
    failed = [*before, now][-ECHOES_TO_LOSE:]
    await node_echoes.finish_echo(session, endpoint_id, token=token, failed_at=failed)


async def find_next_echo(session: AsyncSession, waited_for: Collection[int]) -> datetime | None:
    """Find when a node that `claim_echo` would give was asked before and is to be asked again."""
    asked = await _list_asked(session, waited_for)
    return await node_echoes.find_next_due(session, asked, every=ECHO_EVERY)
