"""What the group sets of dispatch over the API: parameters, rings of a site; and read times."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Role
from app.directory.models import Site
from app.dispatch.domain.exams import ExamKind, Region
from app.dispatch.domain.policy import DEFAULTS
from app.dispatch.domain.read_times import ReadTime
from app.dispatch.repository import read_times
from tests.factories.directory import add_radiologist, add_site, add_society, add_user
from tests.integration.web.conftest import SignIn

PARAMETERS, READ_TIMES = "/api/v1/dispatch/parameters", "/api/v1/read-times"
NIGHT = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)


async def _add_site(session: AsyncSession) -> Site:
    return await add_site(session, society_id=(await add_society(session)).id)


def make_body(**changed: Any) -> dict[str, Any]:
    return deepcopy(DEFAULTS.to_json()) | changed


@pytest.mark.asyncio
async def test_parameters_are_set_as_a_whole_and_every_version_is_kept(
    session: AsyncSession, sign_in: SignIn
) -> None:
    user = await add_user(session, Role.GCS_ADMIN)
    admin = await sign_in(user)

    before = (await admin.get(PARAMETERS)).json()
    first = await admin.put(PARAMETERS, json=make_body(hourly_cap=9, note="fewer at night"))
    second = await admin.put(PARAMETERS, json=make_body(closing_minutes=20))
    shown = (await admin.get(PARAMETERS)).json()
    versions = (await admin.get(f"{PARAMETERS}/versions", params={"limit": 1})).json()
    older = (await admin.get(f"{PARAMETERS}/versions?after={versions['next']}")).json()

    assert (before["version"], before["parameters"]) == (None, make_body())
    assert (first.status_code, second.status_code) == (200, 200)
    assert shown["version"] == second.json()["version"] > first.json()["version"]
    assert shown["parameters"] == make_body(closing_minutes=20)
    assert [each["parameters"]["closing_minutes"] for each in versions["items"]] == [20]
    assert [(each["set_by_name"], each["note"]) for each in older["items"]] == [
        (user.display_name, "fewer at night")
    ]


def make_flat(minutes: float) -> dict[str, dict[str, float]]:
    return {
        priority: {"referent": minutes, "territory": 0, "gcs": 0, "outside": 0}
        for priority in ("P2", "P3", "P4")
    }


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"affinity": make_flat(-5)}, "further off may not count as nearer"),
        (
            {"affinity": make_flat(240), "ageing": dict.fromkeys(DEFAULTS.ageing, 0)},
            "P2 would starve",
        ),
        # The queue without chance lets it pass; busy nights do not.
        (
            {"affinity": make_flat(120), "ageing": dict.fromkeys(DEFAULTS.ageing, 0)},
            "P2 would starve",
        ),
        ({"bonus": {"P1": 1}}, "name each priority once"),
        ({"hourly_cap": 0}, "from 1 to 60"),
    ],
)
@pytest.mark.asyncio
async def test_a_set_that_breaks_a_rule_or_starves_a_class_is_refused(
    session: AsyncSession, sign_in: SignIn, wrong: dict[str, Any], message: str
) -> None:
    admin = await sign_in(await add_user(session, Role.GCS_ADMIN))

    refused = await admin.put(PARAMETERS, json=make_body(**wrong))

    assert refused.status_code == 422
    assert message in refused.json()["detail"]
    assert (await admin.get(PARAMETERS)).json()["version"] is None


@pytest.mark.asyncio
async def test_only_who_sets_the_group_sets_them_and_only_who_may_read_settings_reads_them(
    session: AsyncSession, sign_in: SignIn
) -> None:
    coordinator = await sign_in(await add_user(session, Role.COORDINATOR))
    radiologist = await sign_in(await add_user(session, Role.RADIOLOGIST))
    site = await _add_site(session)
    rings = f"/api/v1/sites/{site.id}/rings"
    body = {"since": "2026-11-20", "rings": []}

    for path in (PARAMETERS, READ_TIMES, rings):
        assert (await coordinator.get(path)).status_code == 200
        assert (await radiologist.get(path)).status_code == 403
    assert (await coordinator.put(PARAMETERS, json=make_body())).status_code == 403
    assert (await coordinator.put(rings, json=body)).status_code == 403


@pytest.mark.asyncio
async def test_rings_of_a_site_are_set_from_a_day_on_and_derived_before(
    session: AsyncSession, sign_in: SignIn
) -> None:
    admin = await sign_in(await add_user(session, Role.GCS_ADMIN))
    site = await _add_site(session)
    other = await add_society(session)
    reader = await add_radiologist(session, society_id=other.id)
    path = f"/api/v1/sites/{site.id}/rings"
    body = {
        "since": "2026-12-01",
        "rings": [
            {"society_id": other.id, "ring": "territory"},
            {"radiologist_id": reader.id, "ring": "outside"},
        ],
    }

    async def list_rings(day: str) -> dict[tuple[int | None, int | None], tuple[str, bool]]:
        shown = (await admin.get(path, params={"on": day})).json()
        return {
            (each["society_id"], each["radiologist_id"]): (each["ring"], each["is_set"])
            for each in shown["rings"]
        }

    put = await admin.put(path, json=body)
    before, after = await list_rings("2026-11-30"), await list_rings("2026-12-01")

    assert (put.status_code, put.json()["on"]) == (200, "2026-12-01")
    assert before[site.society_id, None] == after[site.society_id, None] == ("referent", False)
    assert before[other.id, None] == ("gcs", False)
    assert after[other.id, None] == ("territory", True)
    assert (None, reader.id) not in before
    assert after[None, reader.id] == ("outside", True)


@pytest.mark.parametrize(
    ("ring", "message"),
    [
        ({"ring": "gcs"}, "either a society or a radiologist"),
        ({"society_id": 1, "ring": "outside"}, "inside the group"),
    ],
)
@pytest.mark.asyncio
async def test_rings_that_break_a_rule_are_refused(
    session: AsyncSession, sign_in: SignIn, ring: dict[str, Any], message: str
) -> None:
    admin = await sign_in(await add_user(session, Role.GCS_ADMIN))
    path = f"/api/v1/sites/{(await _add_site(session)).id}/rings"

    refused = await admin.put(path, json={"since": "2026-12-01", "rings": [ring]})
    unknown = await admin.put(
        path, json={"since": "2026-12-01", "rings": [{"society_id": 10**9, "ring": "gcs"}]}
    )

    assert refused.status_code == 422
    assert message in refused.json()["detail"]
    assert unknown.status_code == 422


@pytest.mark.asyncio
async def test_the_version_in_force_is_shown_with_each_reader_by_name(
    session: AsyncSession, sign_in: SignIn
) -> None:
    admin = await sign_in(await add_user(session, Role.GCS_ADMIN))
    reader = await add_radiologist(session)
    head = ExamKind("CT", Region.HEAD)
    none = (await admin.get(READ_TIMES)).json()
    rows = [ReadTime(head, None, 12.5, 90), ReadTime(head, reader.id, 9.25, 30)]
    version = await read_times.add_table(
        session, rows, transfers=(), since=NIGHT, next_due_at=NIGHT + timedelta(1), now=NIGHT
    )

    shown = (await admin.get(READ_TIMES)).json()

    assert (none["version"], none["rows"]) == (None, [])
    assert (shown["version"], shown["read_count"]) == (version, 90)
    assert [
        (row["radiologist_id"], row["name"], row["minutes"], row["read_count"])
        for row in shown["rows"]
    ] == [
        (None, None, 12.5, 90),
        (reader.id, f"{reader.given_name} {reader.family_name}", 9.25, 30),
    ]
