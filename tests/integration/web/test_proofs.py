"""Why a society has its guards: the same numbers on the page, on paper, and from the export."""

from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import SYSTEM, Grant, Role
from app.directory.models import Society
from app.planning.domain.sharing.recompute import compare, recompute
from app.planning.models import Entitlement, LedgerEntry, PlanningRevision
from app.planning.repository import assignments, ledger
from app.planning.service.publishing import publish_draft
from app.planning.service.seats import close_seat
from tests.factories.directory import add_user
from tests.factories.planning import (
    MONDAY,
    NOW,
    Group,
    add_draft,
    add_group,
    add_planning,
    add_published,
)
from tests.integration.web.conftest import SignIn


@pytest_asyncio.fixture
async def group(session: AsyncSession) -> Group:
    """Give three uneven societies."""
    return await add_group(session, volumes=(5, 3, 2), people_each=8)


@pytest_asyncio.fixture
async def planner(session: AsyncSession, sign_in: SignIn) -> httpx.AsyncClient:
    """Give a client of a planner of the whole group."""
    user = await add_user(session, Role.PLANNER)
    user.locale = "en"
    return await sign_in(user)


async def publish(session: AsyncSession) -> int:
    published = await add_published(session)
    query = select(PlanningRevision.planning_id).where(PlanningRevision.id == published.revision_id)
    return (await session.scalars(query)).one()


@pytest.mark.asyncio
async def test_the_sums_of_all_societies_are_exact_and_confirmed(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    planning = await publish(session)

    proofs = [
        (await planner.get(f"/api/v1/plannings/{planning}/proofs/{society}")).json()
        for society in group.societies
    ]

    assert all(each["is_confirmed"] for each in proofs)
    assert sum(each["share"] for each in proofs) == 1_000_000
    assert sum(each["closing_millionths"] for each in proofs) == 0
    for number, kind in enumerate(proofs[0]["kinds"]):
        alike = [each["kinds"][number] for each in proofs]
        assert sum(each["seats"] for each in alike) == kind["of_seats"]
        assert sum(each["entitled_millionths"] for each in alike) == kind["of_seats"] * 1_000_000
        assert all(abs(each["closing_millionths"]) < 1_000_000 for each in alike)


@pytest.mark.asyncio
async def test_anybody_works_the_export_out_again(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    planning = await publish(session)

    tables = (await planner.get(f"/api/v1/plannings/{planning}/sharing")).json()
    proof = (await planner.get(f"/api/v1/plannings/{planning}/proofs/{group.societies[0]}")).json()

    assert compare(tables) == []
    again = [each for each in recompute(tables).cells if each.society == group.societies[0]]
    assert [each.entitled for each in again] == [
        each["entitled_millionths"] for each in proof["kinds"]
    ]
    tables["cells"][0]["closing"] += 1
    assert compare(tables) != []


@pytest.mark.asyncio
async def test_the_account_says_what_the_proof_says(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    planning = await publish(session)
    society = group.societies[1]

    proof = (await planner.get(f"/api/v1/plannings/{planning}/proofs/{society}")).json()
    query = select(LedgerEntry.millionths).where(
        LedgerEntry.planning_id == planning,
        LedgerEntry.society_id == society,
        LedgerEntry.counter == "guard",
        LedgerEntry.entry.in_(("entitled", "allotted")),
    )
    posted = sum((await session.scalars(query)).all())

    assert posted == proof["closing_millionths"]


@pytest.mark.asyncio
async def test_a_correction_of_the_period_before_changes_no_published_proof(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    before = await publish(session)
    planning = await add_planning(session, first=MONDAY + timedelta(days=7))
    draft = await add_draft(session, planning)
    await publish_draft(session, revision_id=draft, actor=SYSTEM, now=NOW)
    path = f"/api/v1/plannings/{planning}/proofs/{group.societies[0]}"
    proved = (await planner.get(path)).json()

    coming = next(
        each
        for each in await assignments.list_in_force(session, planning_id=before)
        if each.seat.interval.start > NOW
    )
    await close_seat(session, seat_id=coming.seat.id, reason="quiet", actor=SYSTEM, now=NOW)

    assert await ledger.list_of_seats(session, [coming.seat.id]) != {}
    assert (await planner.get(path)).json() == proved


@pytest.mark.asyncio
async def test_a_society_that_is_said_to_leave_after_publication_is_named_in_the_proof(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    planning = await publish(session)
    path = f"/api/v1/plannings/{planning}/proofs/{group.societies[1]}"
    before = (await planner.get(path)).json()
    leaving = await session.get_one(Society, group.societies[0])
    leaving.left_on = MONDAY + timedelta(days=6)
    await session.flush()

    proof = (await planner.get(path)).json()
    page = await planner.get(f"/planning/{planning}/why/{group.societies[1]}")

    assert before["departed_ids"] == []
    assert proof == before | {"departed_ids": [leaving.id]}
    assert f"it was said that {leaving.name} leaves on" in page.text
    assert "every number is the same" in page.text


@pytest.mark.asyncio
async def test_a_proof_that_says_something_else_than_the_account_is_not_confirmed(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    planning = await publish(session)
    right = (await session.scalars(select(Entitlement).limit(1))).one()
    right.seats_millionths += 1
    await session.flush()

    proof = await planner.get(f"/api/v1/plannings/{planning}/proofs/{group.societies[1]}")

    assert not proof.json()["is_confirmed"]


@pytest.mark.asyncio
async def test_the_page_and_its_paper_say_it_in_words(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    planning = await publish(session)
    path = f"/planning/{planning}/why/{group.societies[0]}"

    page = await planner.get(path)
    paper = await planner.get(f"{path}/paper.pdf")

    assert "Why we have these guards" in page.text
    assert "every number is the same" in page.text
    assert "Volumes and shares" in page.text
    assert paper.headers["content-type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF-")


@pytest.mark.asyncio
async def test_a_society_reads_its_own_proof_only(
    session: AsyncSession, group: Group, sign_in: SignIn
) -> None:
    planning = await publish(session)
    own, other = group.societies[:2]
    client = await sign_in(await add_user(session, Grant(Role.SOCIETY_ADMIN, society_id=own)))

    assert (await client.get(f"/api/v1/plannings/{planning}/proofs/{own}")).status_code == 200
    assert (await client.get(f"/api/v1/plannings/{planning}/proofs/{other}")).status_code == 403
    assert (await client.get(f"/api/v1/plannings/{planning}/sharing")).status_code == 403


@pytest.mark.asyncio
async def test_nothing_is_proved_before_it_is_published_nor_for_a_stranger(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    planning = await add_planning(session)
    await add_draft(session, planning)

    early = await planner.get(f"/api/v1/plannings/{planning}/proofs/{group.societies[0]}")
    unknown = await planner.get("/api/v1/plannings/999999/proofs/1")

    assert early.status_code == unknown.status_code == 404
    assert "publish a draft" in early.text
