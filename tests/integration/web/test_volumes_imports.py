"""Volumes of months over the API: imported, measured, weighed, shared, frozen."""

from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Grant, Role
from app.directory.models import Society
from tests.factories.directory import add_site, add_society, add_user
from tests.factories.planning import add_group
from tests.integration.web.conftest import SignIn


@dataclass
class Ground:
    """A planner of the group, one of the first society, and two societies."""

    planner: httpx.AsyncClient
    own: httpx.AsyncClient
    one: Society
    two: Society


@pytest_asyncio.fixture
async def ground(session: AsyncSession, sign_in: SignIn) -> Ground:
    """Sign both in."""
    one, two = await add_society(session), await add_society(session)
    planner = await sign_in(await add_user(session, Role.PLANNER))
    own = await sign_in(await add_user(session, Grant(Role.PLANNER, society_id=one.id)))
    return Ground(planner, own, one, two)


async def counted_months(client: httpx.AsyncClient) -> tuple[str, str]:
    """Ask for the first of the twelve months that are over, and the first left out."""
    shares = (await client.get("/api/v1/volumes/shares")).json()
    return shares["since"], shares["until"]


def table(*rows: str, header: str = "society;month;exams") -> dict[str, tuple[str, bytes]]:
    return {"file": ("volumes.csv", "\n".join([header, *rows]).encode())}


@pytest.mark.asyncio
async def test_a_file_is_looked_at_then_imported_then_shared_then_frozen(ground: Ground) -> None:
    rows = [f"{ground.one.name};2026-10;75", f"{ground.two.name};10/2026;25"]

    preview = await ground.planner.post("/api/v1/volumes/imports/preview", files=table(*rows))
    nothing = (await ground.planner.get("/api/v1/volumes/months")).json()
    stored = await ground.planner.post(
        "/api/v1/volumes/imports", files=table(*rows), data={"digest": preview.json()["digest"]}
    )
    other = await ground.planner.post(
        "/api/v1/volumes/imports", files=table(rows[0]), data={"digest": preview.json()["digest"]}
    )
    frozen = await ground.planner.post(
        "/api/v1/volumes/snapshots", json={"until": "2026-11-01", "note": "first"}
    )

    shown = preview.json()
    assert [(each["line"], each["society_id"], each["exams"]) for each in shown["lines"]] == [
        (2, ground.one.id, 75),
        (3, ground.two.id, 25),
    ]
    assert (shown["separator"], shown["encoding"], shown["faults"]) == (";", "utf-8", [])
    assert nothing == []
    assert (stored.status_code, stored.json()["row_count"]) == (201, 2)
    assert other.status_code == 409
    shares = {each["society_id"]: each["share"] for each in frozen.json()["shares"]}
    assert shares == {ground.one.id: 750_000, ground.two.id: 250_000}
    assert (frozen.json()["since"], frozen.json()["until"]) == ("2025-11-01", "2026-11-01")
    listed = (await ground.planner.get("/api/v1/volumes/snapshots")).json()["items"]
    assert listed == [frozen.json()]
    path = f"/api/v1/volumes/snapshots/{frozen.json()['id']}"
    assert (await ground.planner.get(path)).json() == frozen.json()
    own = (await ground.own.get(path)).json()["shares"]
    assert [each["society_id"] for each in own] == [ground.one.id]
    assert (await ground.planner.get("/api/v1/volumes/snapshots/999999")).status_code == 404
    imports = (await ground.planner.get("/api/v1/volumes/imports")).json()
    assert [each["filename"] for each in imports] == ["volumes.csv"]


@pytest.mark.asyncio
async def test_every_fault_is_told_by_line_and_column_and_nothing_is_imported(
    ground: Ground,
) -> None:
    files = table(f"{ground.one.name};2026-10;75", "Nobody;2026-10;-1")

    preview = await ground.planner.post("/api/v1/volumes/imports/preview", files=files)
    refused = await ground.planner.post("/api/v1/volumes/imports", files=files)

    faults = preview.json()["faults"]
    assert [(each["line"], each["column"], each["kind"]) for each in faults] == [
        (3, 1, "unknown_society"),
        (3, 3, "negative"),
    ]
    assert preview.json()["lines"] == []
    assert refused.status_code == 422
    assert "line 3, column 3: -1 is negative" in refused.json()["detail"]
    assert (await ground.planner.get("/api/v1/volumes/months")).json() == []


@pytest.mark.asyncio
async def test_a_huge_file_is_refused(ground: Ground) -> None:
    files = {"file": ("big.csv", b"x" * (1 << 20) + b"y")}

    preview = await ground.planner.post("/api/v1/volumes/imports/preview", files=files)

    assert [each["kind"] for each in preview.json()["faults"]] == ["too_large"]


@pytest.mark.asyncio
async def test_a_planner_of_a_society_writes_its_own_months_and_freezes_nothing(
    ground: Ground,
) -> None:
    path = "/api/v1/volumes/imports"

    month = (await counted_months(ground.own))[0][:7]
    own = await ground.own.post(path, files=table(f"{ground.one.name};{month};5"))
    other = await ground.own.post(path, files=table(f"{ground.two.name};{month};5"))
    pot = await ground.own.post(path, files=table(f"common;{month};5"))
    frozen = await ground.own.post("/api/v1/volumes/snapshots", json={})
    months = {"since": "2026-09-01", "until": "2026-10-01"}
    measured = await ground.own.post("/api/v1/volumes/measure", json=months)

    assert own.status_code == 201
    assert [each.status_code for each in (other, pot, frozen, measured)] == [403] * 4
    seen = (await ground.own.get("/api/v1/volumes/months")).json()
    assert [each["society_id"] for each in seen] == [ground.one.id]


@pytest.mark.asyncio
async def test_a_file_is_named_to_the_societies_that_it_gave_months_and_to_who_sent_it(
    session: AsyncSession, sign_in: SignIn, ground: Ground
) -> None:
    path = "/api/v1/volumes/imports"
    grant = Grant(Role.PLANNER, society_id=ground.two.id)
    other = await sign_in(await add_user(session, grant))
    month = (await counted_months(ground.own))[0][:7]

    await ground.own.post(path, files=table(f"{ground.one.name};{month};5"))
    await ground.own.post(path, files=table(f"{ground.one.name};{month};6"))
    both = table(f"{ground.one.name};2024-01;5", f"{ground.two.name};2024-01;5")
    await ground.planner.post(path, files=both)

    async def count(client: httpx.AsyncClient) -> int:
        page = await client.get("/planning/volumes")
        listed = (await client.get(path)).json()
        assert page.text.count("volumes.csv") == len(listed)
        return len(listed)

    assert await count(ground.planner) == 3
    assert await count(ground.own) == 3
    assert await count(other) == 1


@pytest.mark.asyncio
async def test_months_are_measured_from_our_own_cases(
    session: AsyncSession, ground: Ground
) -> None:
    await add_group(session)
    since, until = await counted_months(ground.planner)

    measured = await ground.planner.post(
        "/api/v1/volumes/measure", json={"since": since, "until": until}
    )
    wrong = await ground.planner.post(
        "/api/v1/volumes/measure", json={"since": "2026-01-02", "until": "2026-02-01"}
    )

    assert measured.json() == {"months": [], "outside": {}}
    assert wrong.status_code == 422
    frozen = await ground.planner.post("/api/v1/volumes/snapshots", json={})
    assert (frozen.status_code, frozen.json()["type"]) == (
        422,
        "urn:astreinte:problem:nothing-to-share",
    )


@pytest.mark.asyncio
async def test_weights_and_contracts_are_written_from_a_date(
    session: AsyncSession, ground: Ground
) -> None:
    site = await add_site(session, society_id=ground.one.id)
    weight = {"modality": "ct", "region": "head", "weight": 800, "valid_from": "2026-01-01"}

    first = await ground.planner.put("/api/v1/volumes/weights", json=weight)
    again = await ground.planner.put("/api/v1/volumes/weights", json={**weight, "weight": 900})
    contract = {"site_id": site.id, "since": "2026-01-01", "counts_for": "common"}
    made = await ground.planner.put("/api/v1/volumes/contracts", json=contract)
    backwards = await ground.planner.put(
        "/api/v1/volumes/contracts", json={**contract, "until": "2026-01-01"}
    )
    nowhere = await ground.planner.put(
        "/api/v1/volumes/contracts", json={**contract, "site_id": 10**9}
    )

    assert (first.json()["modality"], first.json()["region"]) == ("CT", "HEAD")
    assert (again.json()["id"], again.json()["weight"]) == (first.json()["id"], 900)
    assert made.json()["counts_for"] == "common"
    assert (backwards.status_code, nowhere.status_code) == (422, 404)
    assert (await ground.own.put("/api/v1/volumes/weights", json=weight)).status_code == 403
    assert (await ground.own.put("/api/v1/volumes/contracts", json=contract)).status_code == 403
    assert len((await ground.own.get("/api/v1/volumes/weights")).json()) == 1
    assert len((await ground.own.get("/api/v1/volumes/contracts")).json()) == 1
    path = f"/api/v1/volumes/weights/{first.json()['id']}"
    assert (await ground.planner.delete(path)).status_code == 204
    assert (await ground.planner.delete(path)).status_code == 404


@pytest.mark.asyncio
async def test_a_society_is_warned_of_what_its_people_cannot_hold(
    session: AsyncSession, ground: Ground
) -> None:
    await add_group(session, volumes=(1,), people_each=1)
    month = (await counted_months(ground.planner))[0][:7]
    rows = table(f"{ground.one.name};{month};75", f"{ground.two.name};{month};25")
    await ground.planner.post("/api/v1/volumes/imports", files=rows)

    everybody = (await ground.planner.get("/api/v1/volumes/shortages")).json()
    own = (await ground.own.get("/api/v1/volumes/shortages")).json()

    assert {each["society_id"] for each in everybody} == {ground.one.id, ground.two.id}
    assert {each["society_id"] for each in own} == {ground.one.id}
    assert all(each["people"] == each["most"] == 0 < each["owed"] for each in own)


@pytest.mark.asyncio
async def test_special_days_are_counted_by_society_and_radiologist(
    session: AsyncSession, ground: Ground
) -> None:
    found = await ground.planner.get("/api/v1/volumes/special-days", params={"until": "2026-11-22"})

    nobody: dict[str, dict[str, int]] = {
        day: {} for day in ("christmas", "new_year", "first_of_may", "assumption")
    }
    assert found.json() == {
        "since": "2021-11-22",
        "until": "2026-11-22",
        "societies": nobody,
        "radiologists": nobody,
    }
