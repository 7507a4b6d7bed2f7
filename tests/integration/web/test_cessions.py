"""Cessions and exchanges of kinds over the API, up to the proof and the account."""

from datetime import date
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import SYSTEM, Grant, Role
from app.planning.domain.sharing.ledger import find_faults
from app.planning.repository import ledger
from app.planning.service.publishing import publish_draft
from tests.factories.directory import add_society, add_user
from tests.factories.planning import NOW, Group, add_draft, add_group, add_planning, add_published
from tests.integration.web.conftest import SignIn

PATH = "/api/v1/cessions"
NEXT_WEEK = date(2026, 11, 23)


@pytest_asyncio.fixture
async def group(session: AsyncSession) -> Group:
    """Give three uneven societies."""
    return await add_group(session, volumes=(5, 3, 2), people_each=8)


@pytest_asyncio.fixture
async def planner(session: AsyncSession, sign_in: SignIn) -> httpx.AsyncClient:
    """Give a client of a planner of the whole group."""
    return await sign_in(await add_user(session, Role.PLANNER))


async def ok(answer: httpx.Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json()


def agree(group: Group, **changes: object) -> dict[str, object]:
    giver, taker, _ = group.societies
    return {
        "giver_id": giver,
        "taker_id": taker,
        "segment_code": "deep_night",
        "seats": 1,
        "since": str(NEXT_WEEK),
    } | changes


async def share(session: AsyncSession, *, first: date = NEXT_WEEK) -> int:
    planning = await add_planning(session, first=first)
    draft = await add_draft(session, planning)
    await publish_draft(session, revision_id=draft, actor=SYSTEM, now=NOW)
    return planning


async def prove(
    planner: httpx.AsyncClient, planning: int, society: int
) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Give the kinds of a society's proof that others can work out again."""
    proof = await ok(await planner.get(f"/api/v1/plannings/{planning}/proofs/{society}"))
    assert proof["is_confirmed"]
    return {(each["segment"], each["line"], each["kind"]): each for each in proof["kinds"]}


@pytest.mark.asyncio
async def test_what_is_ceded_is_shared_proved_and_stands_in_the_account(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    giver, taker, third = group.societies
    agreed = await ok(await planner.post(PATH, json=agree(group, note="a new practice")))

    planning = await share(session)

    kind = ("deep_night", "first", "reader")
    proofs = {each: (await prove(planner, planning, each))[kind] for each in group.societies}
    assert proofs[giver]["ceded_millionths"] == -1_000_000
    assert proofs[taker]["ceded_millionths"] == 1_000_000
    assert proofs[third]["ceded_millionths"] == 0
    assert proofs[giver]["entitled_millionths"] == 7 * 500_000 - 1_000_000
    assert proofs[taker]["entitled_millionths"] == 7 * 300_000 + 1_000_000
    assert all(abs(each["closing_millionths"]) < 1_000_000 for each in proofs.values())
    page = await ok(
        await planner.get("/api/v1/ledger", params={"planning_id": planning, "limit": 500})
    )
    ceded = {
        each["society_id"]: each["millionths"] for each in page["items"] if each["entry"] == "ceded"
    }
    assert ceded == {giver: -1_000_000, taker: 1_000_000}
    assert find_faults(await ledger.list_entries(session)) == []
    assert agreed["note"] == "a new practice"


@pytest.mark.asyncio
async def test_kinds_that_are_exchanged_are_proved_on_both_sides(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    giver, taker, _ = group.societies
    terms = agree(group, returned_segment="evening", returned_seats=2)
    await ok(await planner.post(PATH, json=terms))

    planning = await share(session)

    mine, theirs = await prove(planner, planning, giver), await prove(planner, planning, taker)
    night, evening = ("deep_night", "first", "reader"), ("evening", "first", "reader")
    assert (mine[night]["ceded_millionths"], mine[evening]["ceded_millionths"]) == (
        -1_000_000,
        2_000_000,
    )
    assert (theirs[night]["ceded_millionths"], theirs[evening]["ceded_millionths"]) == (
        1_000_000,
        -2_000_000,
    )
    entries = await ledger.list_of_planning(session, planning)
    exchanged = [each for each in entries if each.entry == "exchanged"]
    assert len(exchanged) == 4
    assert sum(each.millionths for each in exchanged) == 0
    assert find_faults(await ledger.list_entries(session)) == []


@pytest.mark.asyncio
async def test_a_cession_of_a_kind_that_a_period_has_not_waits_for_one_that_has(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    await ok(await planner.post(PATH, json=agree(group, line="backup", kind="coordinator")))

    planning = await share(session)

    entries = await ledger.list_of_planning(session, planning)
    assert {each.entry.value for each in entries} == {"entitled", "allotted"}


@pytest.mark.asyncio
async def test_a_withdrawn_cession_still_proves_what_was_shared_by_it(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    giver = group.societies[0]
    kind = ("deep_night", "first", "reader")
    agreed = await ok(await planner.post(PATH, json=agree(group)))
    withdraw = f"{PATH}/{agreed['id']}/withdraw"
    first = await share(session)

    early = await planner.post(withdraw, json={"since": str(NEXT_WEEK)})
    done = await ok(await planner.post(withdraw, json={"since": "2026-11-30"}))
    again = await planner.post(withdraw, json={"since": "2026-12-07"})
    second = await share(session, first=date(2026, 11, 30))

    assert early.status_code == 409
    assert "choose a date after 2026-11-23" in early.text
    assert again.status_code == 409
    assert "was withdrawn before" in again.text
    assert done["withdrawn"]["withdrawn_at"] is not None
    assert done["withdrawn"]["until"] is None
    assert (done["left"]["since"], done["left"]["until"]) == ("2026-11-23", "2026-11-30")
    assert (await prove(planner, first, giver))[kind]["ceded_millionths"] == -1_000_000
    assert (await prove(planner, second, giver))[kind]["ceded_millionths"] == 0


@pytest.mark.asyncio
async def test_what_is_withdrawn_before_it_began_leaves_nothing(
    group: Group, planner: httpx.AsyncClient
) -> None:
    agreed = await ok(await planner.post(PATH, json=agree(group, until="2026-12-24")))
    withdraw = f"{PATH}/{agreed['id']}/withdraw"

    over = await planner.post(withdraw, json={"since": "2026-12-24"})
    done = await ok(await planner.post(withdraw, json={"since": str(NEXT_WEEK)}))
    unknown = await planner.post(f"{PATH}/999999/withdraw", json={"since": str(NEXT_WEEK)})

    assert over.status_code == 422
    assert "ends on 2026-12-24" in over.text
    assert done["left"] is None
    assert unknown.status_code == 404
    listed = await ok(await planner.get(PATH, params={"on": str(NEXT_WEEK)}))
    assert listed["items"] == []


@pytest.mark.parametrize(
    ("changes", "words"),
    (
        ({"seats": 0}, "nothing is ceded"),
        ({"line": "on_site"}, "owed by the referent"),
        ({"segment_code": "siesta"}, "there is no segment 'siesta'; there are day, deep_night"),
        ({"returned_segment": "siesta", "returned_seats": 1}, "no segment 'siesta'"),
        ({"returned_segment": "evening"}, "how many seats"),
        ({"returned_segment": "evening", "returned_seats": 0}, "nothing is given back"),
        ({"returned_segment": "deep_night", "returned_seats": 1}, "exchanged for itself"),
        ({"until": "2026-11-23"}, "must end after it"),
        ({"since": "2019-12-31"}, "is no member on 2019-12-31"),
    ),
)
@pytest.mark.asyncio
async def test_what_means_nothing_is_refused_in_words(
    group: Group, planner: httpx.AsyncClient, changes: dict[str, object], words: str
) -> None:
    answer = await planner.post(PATH, json=agree(group, **changes))

    assert answer.status_code == 422
    assert words in answer.json()["detail"]


@pytest.mark.asyncio
async def test_a_society_cedes_nothing_to_itself_nor_to_one_that_is_not_there(
    group: Group, planner: httpx.AsyncClient
) -> None:
    own = await planner.post(PATH, json=agree(group, taker_id=group.societies[0]))
    unknown = await planner.post(PATH, json=agree(group, taker_id=999_999))

    assert own.status_code == 422
    assert "to itself" in own.text
    assert unknown.status_code == 404


@pytest.mark.asyncio
async def test_nothing_is_agreed_for_a_planning_that_was_shared(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    await add_published(session)

    late = await planner.post(PATH, json=agree(group, since="2026-11-16"))
    behind = await planner.post(PATH, json=agree(group, since="2026-11-17"))
    before = await planner.post(PATH, json=agree(group, since="2026-11-01", until="2026-11-16"))

    assert late.status_code == 409
    assert "begins on 2026-11-16" in late.text
    assert (behind.status_code, before.status_code) == (201, 201)


@pytest.mark.asyncio
async def test_who_plans_for_both_societies_agrees_and_each_reads_its_own(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient, sign_in: SignIn
) -> None:
    giver, taker, third = group.societies

    async def plan_for(*societies: int) -> httpx.AsyncClient:
        grants = [Grant(Role.PLANNER, society_id=each) for each in societies]
        return await sign_in(await add_user(session, *grants))

    one, both, other = await plan_for(giver), await plan_for(giver, taker), await plan_for(third)

    refused = await one.post(PATH, json=agree(group))
    agreed = await ok(await both.post(PATH, json=agree(group)))
    not_mine = await one.post(f"{PATH}/{agreed['id']}/withdraw", json={"since": str(NEXT_WEEK)})

    assert (refused.status_code, not_mine.status_code) == (403, 403)
    assert [each["id"] for each in (await ok(await one.get(PATH)))["items"]] == [agreed["id"]]
    assert (await ok(await other.get(PATH)))["items"] == []
    listed = await ok(await planner.get(PATH, params={"society_id": third}))
    assert listed["items"] == []


@pytest.mark.asyncio
async def test_a_newcomer_cedes_from_the_day_on_which_it_joins(
    session: AsyncSession, group: Group, planner: httpx.AsyncClient
) -> None:
    newcomer = await add_society(session, joined_on=date(2027, 1, 1))

    early = await planner.post(PATH, json=agree(group, taker_id=newcomer.id))
    later = agree(group, taker_id=newcomer.id, since="2027-01-01")

    assert early.status_code == 422
    assert (await planner.post(PATH, json=later)).status_code == 201
