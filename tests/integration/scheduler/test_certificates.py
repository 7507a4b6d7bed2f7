"""Who looks after the senders is told each day of a certificate that has expired."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address

import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.models import Sender, Site
from app.intake.domain.arrival import EXPIRED_CERTIFICATE, UNKNOWN_CALLING
from app.intake.models import Association
from app.kit.ids import draw_arrival_id
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind
from app.tasks.models import Task
from scheduler.job import Bench
from scheduler.jobs import associations
from tests.factories.bench import make_bench
from tests.factories.dicom import ACQUIRED_AT
from tests.factories.directory import add_sender, add_site, add_society

pytestmark = pytest.mark.asyncio
DAY = timedelta(days=1)
NAME = "ct1.north"
ENDED = ACQUIRED_AT - 3 * DAY


def open_bench(sessions: Sessions, *, now: datetime) -> Bench:
    return make_bench(sessions, SetClock(now))


async def make_sender(session: AsyncSession) -> tuple[Sender, Site]:
    society = await add_society(session)
    site = await add_site(session, society_id=society.id)
    sender = await add_sender(session, site_id=site.id, addresses=("10.1.2.0/24",))
    sender.certificate_names = [NAME]
    return sender, site


def make_association(
    *,
    sender_id: int | None,
    at: datetime = ACQUIRED_AT,
    not_after: datetime = ENDED,
    mark: str | None = EXPIRED_CERTIFICATE,
    reason: str | None = None,
    name: str = NAME,
    address: str = "192.0.2.9",
) -> Association:
    return Association(
        id=draw_arrival_id(),
        sender_id=sender_id,
        calling_ae_title="CT1",
        called_ae_title="ASTREINTE",
        address=ip_address(address),
        opened_at=at,
        outcome="refused" if reason else None,
        closed_at=at if reason else None,
        reason=reason,
        mark=mark,
        certificate_name=name,
        certificate_not_after=not_after,
    )


async def come(
    sessions: Sessions, *came: Association, now: datetime = ACQUIRED_AT + timedelta(seconds=1)
) -> None:
    async with unit_of_work(sessions) as session:
        session.add_all(came)
    await associations.run(open_bench(sessions, now=now))


async def list_tasks(sessions: Sessions) -> Sequence[Task]:
    async with sessions() as session:
        return list(await session.scalars(select(Task).order_by(Task.id)))


@pytest_asyncio.fixture
async def sender(sessions: Sessions) -> tuple[Sender, Site]:
    async with unit_of_work(sessions) as session:
        return await make_sender(session)


async def test_an_expired_certificate_is_told_once_and_rings_each_day(
    sessions: Sessions, sender: tuple[Sender, Site]
) -> None:
    own, site = sender
    first, second = (make_association(sender_id=own.id) for _ in range(2))
    now = ACQUIRED_AT + timedelta(seconds=1)

    await come(sessions, first, now=now)
    await come(sessions, second, now=now)

    (task,) = await list_tasks(sessions)
    assert (task.kind, task.site_id, task.repeat_at) == ("certificate", site.id, now + DAY)
    assert task.subject == f"sender:{own.id}:certificate:{NAME}"
    assert task.detail["certificate"] == NAME
    assert task.detail["site"] == site.name
    assert datetime.fromisoformat(task.detail["not_after"]) == ENDED
    assert task.detail["association"] == str(second.id)


async def test_an_unknown_title_hides_no_expired_certificate(
    sessions: Sessions, sender: tuple[Sender, Site]
) -> None:
    await come(sessions, make_association(sender_id=sender[0].id, mark=UNKNOWN_CALLING))

    kinds = sorted(each.kind for each in await list_tasks(sessions))
    assert kinds == ["certificate", "unknown_calling"]


async def test_it_settles_itself_when_the_sender_comes_with_a_renewed_one(
    sessions: Sessions, sender: tuple[Sender, Site]
) -> None:
    own, _ = sender
    await come(sessions, make_association(sender_id=own.id))
    later = ACQUIRED_AT + timedelta(hours=2)
    renewed = make_association(sender_id=own.id, at=later, not_after=later + 700 * DAY, mark=None)

    await come(sessions, renewed, now=later + timedelta(seconds=1))

    (task,) = await list_tasks(sessions)
    assert (task.outcome, task.settled_by) == ("renewed", None)


@pytest.mark.parametrize(
    ("name", "hours"), ((NAME, -2), ("another.device", 2)), ids=["before", "another"]
)
async def test_a_certificate_of_before_or_of_another_device_settles_nothing(
    sessions: Sessions, sender: tuple[Sender, Site], name: str, hours: int
) -> None:
    own, _ = sender
    at = ACQUIRED_AT + timedelta(hours=hours)
    other = make_association(sender_id=own.id, at=at, not_after=at + DAY, mark=None, name=name)

    await come(sessions, make_association(sender_id=own.id), other)

    (task,) = await list_tasks(sessions)
    assert task.settled_at is None


async def test_whoever_has_settled_it_is_left_alone_for_a_day(
    sessions: Sessions, sender: tuple[Sender, Site]
) -> None:
    own, _ = sender
    await come(sessions, make_association(sender_id=own.id))
    (task,) = await list_tasks(sessions)
    settled_at = ACQUIRED_AT + timedelta(minutes=5)
    async with unit_of_work(sessions) as session:
        await tasks.settle_by_itself(
            session, TaskKind.CERTIFICATE, subject=task.subject, outcome="x", now=settled_at
        )

    await come(sessions, make_association(sender_id=own.id), now=settled_at + timedelta(hours=23))
    assert len(await list_tasks(sessions)) == 1
    await come(sessions, make_association(sender_id=own.id), now=settled_at + DAY)
    assert len(await list_tasks(sessions)) == 2


async def test_a_refusal_for_its_certificate_is_told_to_the_holder_wherever_it_calls_from(
    sessions: Sessions, sender: tuple[Sender, Site]
) -> None:
    own, site = sender
    refused = make_association(
        sender_id=None, mark=None, reason="certificate_expired", name=NAME.upper()
    )

    await come(sessions, refused)

    (task,) = await list_tasks(sessions)
    assert (task.kind, task.site_id) == ("association_refused", site.id)
    assert task.detail["sender"] == own.id
    assert task.detail["reason"] == "certificate_expired"
    assert task.detail["certificate"] == NAME.upper()


async def test_a_stranger_with_a_certificate_rings_nobody(
    sessions: Sessions, sender: tuple[Sender, Site]
) -> None:
    del sender
    stranger = make_association(
        sender_id=None, mark=None, reason="certificate_of_no_sender", name="stranger"
    )

    await come(sessions, stranger)

    assert await list_tasks(sessions) == []
