"""What a hostile caller tries: the patients of other societies and sites, by their ids.

One case of a hospital is read, signed and in the outbox; the callers belong elsewhere.
"""

from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.delivery import service as delivery
from app.delivery.models import Delivery
from app.directory.domain import Grant, Role
from app.directory.models import AccessLog, User
from tests.factories.directory import add_radiologist, add_site, add_society, add_user
from tests.factories.reading import Reading, open_reading
from tests.factories.stage import NIGHT
from tests.integration.web.conftest import SignIn

IDENTITY = ("DUPONT", "JEANNE", "19500101", "01/01/1950")


@dataclass
class Night:
    """A signed case with its deliveries, and what its hospital's neighbours could ask for."""

    reading: Reading
    delivery_ids: list[int]

    def paths(self) -> list[tuple[str, str, dict[str, object] | None]]:
        """Every way to the case by its ids, with a body that fits."""
        case = f"/api/v1/cases/{self.reading.case_id}"
        page = f"/cases/{self.reading.case_id}"
        because = {"reason": "curious"}
        draft = {"draft_number": 1, "conclusion": "Mine."}
        found: list[tuple[str, str, dict[str, object] | None]] = [
            ("GET", case, None),
            ("GET", f"{case}/timeline", None),
            ("GET", f"{case}/decisions", None),
            ("GET", f"{case}/report", None),
            ("GET", f"{case}/report/1/pdf", None),
            ("GET", f"{case}/report/1/pdf?study_id={self.reading.study.id}", None),
            ("GET", page, None),
            ("GET", f"{page}/status", None),
            ("POST", f"{case}/acknowledge", None),
            ("POST", f"{case}/claim", None),
            ("POST", f"{case}/release", {**because}),
            ("POST", f"{case}/void", {**because}),
            ("POST", f"{case}/reassign", {**because, "radiologist_id": 1}),
            ("PUT", f"{case}/priority", {**because, "priority": "P1"}),
            ("POST", f"{case}/images-seen", {"instance_count": 0}),
            ("PUT", f"{case}/report", {**draft}),
            ("POST", f"{case}/report/sign", {"draft_number": 1, "instance_count": 2}),
            ("POST", f"{case}/report/addenda", {"version_number": 1, "text": "Mine."}),
            (
                "POST",
                f"{case}/preliminary",
                {"text": "Mine.", "told_to": "me", "means": "telephone"},
            ),
            ("GET", f"/api/v1/studies/{self.reading.study.id}", None),
        ]
        for each in self.delivery_ids:
            found.append(("GET", f"/api/v1/deliveries/{each}/attempts", None))
            found.append(("POST", f"/api/v1/deliveries/{each}/resend", None))
        return found

    def lists(self) -> list[str]:
        """Every list that could show something of the case, narrowed down to it."""
        case_id, site_id = self.reading.case_id, self.reading.stage.site.id
        return [
            "/api/v1/worklist",
            f"/api/v1/worklist?site_id={site_id}",
            f"/api/v1/deliveries?case_id={case_id}",
            "/api/v1/studies",
            f"/api/v1/studies?site_id={site_id}",
            "/api/v1/associations",
            f"/api/v1/associations?sender_id={self.reading.stage.sender.id}",
            "/api/v1/commitments",
            f"/api/v1/commitments?sender_id={self.reading.stage.sender.id}",
            f"/api/v1/accesses?subject=case&subject_id={case_id}",
            "/",
            "/worklist/rows",
            "/deliveries",
        ]


@pytest_asyncio.fixture
async def night(session: AsyncSession) -> Night:
    reading = await open_reading(session)
    signed = await reading.write_and_sign(now=NIGHT)
    await delivery.plan_report(
        session, case_id=reading.case_id, version_id=signed.version_id, now=NIGHT
    )
    ids = list(await session.scalars(select(Delivery.id)))
    assert ids
    return Night(reading, ids)


async def add_outsider(session: AsyncSession, role: Role) -> User:
    """Add somebody of a neighbour: all that the role can have, for another society or site."""
    society = await add_society(session)
    site = await add_site(session, society_id=society.id)
    if role is Role.RADIOLOGIST:
        one = await add_radiologist(session, society_id=society.id, site_ids=[site.id])
        return await add_user(session, role, radiologist_id=one.id)
    if role is Role.SITE:
        return await add_user(session, Grant(role, site_id=site.id))
    return await add_user(session, Grant(role, society_id=society.id))


OUTSIDERS = [
    Role.SITE,
    Role.RADIOLOGIST,
    Role.COORDINATOR,
    Role.AUDITOR,
    Role.SOCIETY_ADMIN,
    Role.PLANNER,
    Role.GCS_ADMIN,
]
"""The last one holds all permissions, but only for another society."""


@pytest.mark.asyncio
@pytest.mark.parametrize("role", OUTSIDERS)
async def test_nobody_of_a_neighbour_reaches_a_case_by_its_ids(
    night: Night, session: AsyncSession, sign_in: SignIn, role: Role
) -> None:
    outsider = await add_outsider(session, role)
    client = await sign_in(outsider)

    answers = {
        (method, path): await client.request(method, path, json=body)
        for method, path, body in night.paths()
    }

    reached = {key: each.status_code for key, each in answers.items() if each.status_code < 400}
    assert reached == {}
    assert {each.status_code for each in answers.values()} <= {403, 404}
    assert [key for key, each in answers.items() if tells_who(each)] == []
    looked = select(AccessLog.id).where(AccessLog.user_id == outsider.id)
    assert list(await session.scalars(looked)) == []


@pytest.mark.asyncio
@pytest.mark.parametrize("role", OUTSIDERS)
async def test_no_list_of_a_neighbour_shows_the_case(
    night: Night, session: AsyncSession, sign_in: SignIn, role: Role
) -> None:
    client = await sign_in(await add_outsider(session, role))
    site_name = night.reading.stage.site.name

    for path in night.lists():
        answer = await client.get(path)
        assert not tells_who(answer), path
        assert site_name not in answer.text, path
        assert f"/cases/{night.reading.case_id}" not in answer.text, path


def tells_who(answer: httpx.Response) -> bool:
    return any(word in answer.text for word in IDENTITY)


@pytest.mark.asyncio
async def test_the_owner_of_the_case_reaches_what_the_neighbours_do_not(
    night: Night, session: AsyncSession, sign_in: SignIn
) -> None:
    site_id = night.reading.stage.site.id
    client = await sign_in(await add_user(session, Grant(Role.SITE, site_id=site_id)))

    case = await client.get(f"/api/v1/cases/{night.reading.case_id}")
    worklist = await client.get("/api/v1/worklist")

    assert tells_who(case)
    assert tells_who(worklist)


@pytest.mark.asyncio
async def test_a_case_that_is_hidden_answers_as_one_that_does_not_exist(
    night: Night, session: AsyncSession, sign_in: SignIn
) -> None:
    client = await sign_in(await add_outsider(session, Role.COORDINATOR))

    for rest in ("", "/timeline", "/report", "/report/1/pdf"):
        hidden = await client.get(f"/api/v1/cases/{night.reading.case_id}{rest}")
        absent = await client.get(f"/api/v1/cases/{2**62}{rest}")
        assert hidden.status_code == absent.status_code == 404
        assert hidden.json()["type"] == absent.json()["type"]


@pytest.mark.asyncio
async def test_no_part_of_a_case_is_seen_without_a_trace(
    night: Night, session: AsyncSession, sign_in: SignIn
) -> None:
    site_id = night.reading.stage.site.id
    curious = await add_user(session, Grant(Role.SITE, site_id=site_id))
    client = await sign_in(curious)

    parts = [await client.get(f"/cases/{night.reading.case_id}/status") for _ in range(3)]

    assert all(tells_who(each) for each in parts)
    looked = select(AccessLog.action).where(
        AccessLog.user_id == curious.id, AccessLog.subject_id == night.reading.case_id
    )
    assert list(await session.scalars(looked)) == ["view"]
