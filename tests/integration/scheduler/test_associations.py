"""Who looks after the senders is told of associations that were refused, or let in with a mark."""

from datetime import timedelta
from ipaddress import ip_address

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.models import Sender, Site
from app.intake.domain.arrival import LET_IN, UNKNOWN_CALLING
from app.intake.models import Association
from app.kit.ids import draw_arrival_id
from app.tasks.models import Task
from scheduler.job import Bench
from scheduler.jobs import associations
from tests.factories.bench import make_bench
from tests.factories.dicom import ACQUIRED_AT
from tests.factories.directory import add_sender, add_site, add_society

pytestmark = pytest.mark.asyncio
NOW = ACQUIRED_AT + timedelta(seconds=1)


@pytest.fixture
def bench(sessions: Sessions) -> Bench:
    return make_bench(sessions, SetClock(NOW))


async def make_sender(
    session: AsyncSession, *, addresses: tuple[str, ...] = ("10.1.2.0/24",)
) -> tuple[Sender, Site]:
    society = await add_society(session)
    site = await add_site(session, society_id=society.id)
    return await add_sender(session, site_id=site.id, addresses=addresses), site


def make_association(
    *,
    calling: str = "NEW_CT",
    address: str = "10.1.2.7",
    sender_id: int | None = None,
    mark: str | None = None,
) -> Association:
    refused = mark is None
    return Association(
        id=draw_arrival_id(),
        sender_id=sender_id,
        calling_ae_title=calling,
        called_ae_title="ASTREINTE",
        address=ip_address(address),
        opened_at=ACQUIRED_AT,
        closed_at=ACQUIRED_AT if refused else None,
        outcome="refused" if refused else None,
        reason="calling_ae_title_unknown" if refused else None,
        mark=mark,
    )


async def list_tasks(sessions: Sessions) -> list[Task]:
    async with sessions() as session:
        return list(await session.scalars(select(Task).order_by(Task.id)))


async def count_untold(sessions: Sessions) -> int:
    async with sessions() as session:
        untold = select(func.count()).where(Association.told_at.is_(None))
        return await session.scalar(untold) or 0


async def test_a_refused_known_address_is_told_with_the_telephones_of_its_site(
    sessions: Sessions, bench: Bench
) -> None:
    async with unit_of_work(sessions) as session:
        sender, site = await make_sender(session)
        refused = make_association()
        session.add(refused)

    await associations.run(bench)

    (task,) = await list_tasks(sessions)
    assert (task.kind, task.site_id) == ("association_refused", site.id)
    assert task.subject == f"sender:{sender.id}:NEW_CT@10.1.2.7"
    assert "coordinator" in task.roles
    assert task.detail == {
        "association": str(refused.id),
        "sender": sender.id,
        "calling": "NEW_CT",
        "called": "ASTREINTE",
        "address": "10.1.2.7",
        "reason": "calling_ae_title_unknown",
        "site": site.name,
        "telephone_emergency": site.telephone_emergency,
        "telephone_ct": site.telephone_ct,
    }
    assert await count_untold(sessions) == 0


async def test_the_same_caller_again_is_the_same_task(sessions: Sessions, bench: Bench) -> None:
    async with unit_of_work(sessions) as session:
        await make_sender(session)
        session.add_all([make_association() for _ in range(3)])
    await associations.run(bench)
    async with unit_of_work(sessions) as session:
        session.add_all([make_association(), make_association(calling="OTHER")])
    await associations.run(bench)

    subjects = [each.subject.partition(":NEW_CT@")[1] for each in await list_tasks(sessions)]
    assert sorted(subjects) == ["", ":NEW_CT@"]
    assert await count_untold(sessions) == 0


async def test_the_noise_of_the_internet_rings_nobody(sessions: Sessions, bench: Bench) -> None:
    async with unit_of_work(sessions) as session:
        await make_sender(session)
        session.add_all(
            [make_association(address=each) for each in ("198.51.100.7", "2001:db8::1")]
        )

    await associations.run(bench)

    assert await list_tasks(sessions) == []
    assert await count_untold(sessions) == 0


async def test_an_unknown_title_that_was_let_in_is_told_and_one_with_a_pass_is_not(
    sessions: Sessions, bench: Bench
) -> None:
    async with unit_of_work(sessions) as session:
        sender, _ = await make_sender(session)
        session.add_all(
            [
                make_association(sender_id=sender.id, mark=UNKNOWN_CALLING),
                make_association(calling="PASSED", sender_id=sender.id, mark=LET_IN),
            ]
        )

    await associations.run(bench)

    (task,) = await list_tasks(sessions)
    assert (task.kind, task.detail["calling"]) == ("unknown_calling", "NEW_CT")
    assert task.detail["reason"] == "unknown_calling"
    assert await count_untold(sessions) == 0


async def test_an_address_of_two_hospitals_concerns_the_whole_group(
    sessions: Sessions, bench: Bench
) -> None:
    async with unit_of_work(sessions) as session:
        _, one = await make_sender(session)
        _, two = await make_sender(session, addresses=("10.1.2.7/32",))
        session.add(make_association())

    await associations.run(bench)

    (task,) = await list_tasks(sessions)
    assert task.site_id is None
    assert task.detail["site"] == f"{one.name} / {two.name}"


async def test_a_sender_whose_networks_nobody_can_read_hides_no_other(
    sessions: Sessions, bench: Bench
) -> None:
    async with unit_of_work(sessions) as session:
        bad, _ = await make_sender(session)
        bad.addresses = ["not a network"]
        good, _ = await make_sender(session)
        session.add(make_association())

    await associations.run(bench)

    (task,) = await list_tasks(sessions)
    assert task.detail["sender"] == good.id


async def test_more_than_a_batch_are_told_in_one_run(sessions: Sessions, bench: Bench) -> None:
    async with unit_of_work(sessions) as session:
        await make_sender(session)
        session.add_all([make_association(address="198.51.100.7") for _ in range(230)])

    await associations.run(bench)

    assert await count_untold(sessions) == 0
