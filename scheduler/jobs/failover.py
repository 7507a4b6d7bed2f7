"""Asks the nodes of centres whether they are there, while a study waits for them."""

import asyncio
import uuid
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.delivery.domain.outcomes import Outcome
from app.delivery.domain.ports import Destination
from app.delivery.repository.outbox import get_destination
from app.delivery.repository.waiting import list_nodes_waited_for
from app.dispatch.service import failover_watch
from scheduler.job import Bench, Job

_log = structlog.get_logger(__name__)
_AT_ONCE = 8
_LONGEST_S = 10.0


async def run(bench: Bench) -> None:
    """Ask all nodes that are due, several at once, each outside of any transaction."""
    asked: list[tuple[int, uuid.UUID]] = []
    while len(asked) < _AT_ONCE and (claimed := await bench.transact(_claim)) is not None:
        asked.append(claimed)
    await asyncio.gather(*(_ask(bench, node, token=token) for node, token in asked))


async def _claim(session: AsyncSession, now: datetime) -> tuple[int, uuid.UUID] | None:
    return await failover_watch.claim_echo(session, await list_nodes_waited_for(session), now=now)


async def _ask(bench: Bench, endpoint_id: int, *, token: uuid.UUID) -> None:
    to = await bench.transact(lambda session, _now: get_destination(session, endpoint_id))
    outcome = await _echo(bench, to, endpoint_id=endpoint_id)
    has_answered = outcome is Outcome.ACCEPTED
    if not has_answered:
        _log.warning("node_silent", endpoint=endpoint_id, outcome=outcome.value)
    finish = partial(_finish, endpoint_id=endpoint_id, token=token, has_answered=has_answered)
    await bench.transact(finish)


async def _echo(bench: Bench, to: Destination, *, endpoint_id: int) -> Outcome:
    try:
        async with asyncio.timeout(_LONGEST_S):
            return (await bench.peers.echo(to=to)).outcome
    except TimeoutError:
        return Outcome.UNREACHABLE
    except Exception as error:  # noqa: BLE001 - an edge: one odd node must not stop all others
        # The type alone: an exception's text may hold what the node said.
        _log.exception("echo_failed", endpoint=endpoint_id, error=type(error).__name__)
        return Outcome.UNREACHABLE


async def _finish(
    session: AsyncSession,
    now: datetime,
    *,
    endpoint_id: int,
    token: uuid.UUID,
    has_answered: bool,
) -> None:
    await failover_watch.finish_echo(
        session, endpoint_id, token=token, has_answered=has_answered, now=now
    )


async def _find_next_due(session: AsyncSession) -> datetime | None:
    return await failover_watch.find_next_echo(session, await list_nodes_waited_for(session))


JOB = Job(name="failover", run=run, find_next_due=_find_next_due)
