"""Every route that names a patient's case, request, study, delivery or task, tried by strangers.

The routes are found, never listed: one that is new and wants a body fails here until it has one.
"""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import service as cases
from app.delivery import service as delivery
from app.delivery.models import Delivery
from app.directory.domain import Grant, Role
from app.directory.domain.roles import READING_PERMISSIONS
from app.directory.models import AccessLog, User
from app.requests import service as requests
from app.requests.service import add_attachment, keep_file
from app.settings import read_settings
from app.tasks.domain.kinds import TaskKind
from app.tasks.service import raise_task
from app.web.container import Container
from tests.factories.directory import add_radiologist, add_user
from tests.factories.reading import Reading, open_reading
from tests.factories.requests import CONTENT
from tests.factories.stage import NIGHT
from tests.integration.web.conftest import SignIn
from tests.integration.web.test_doors import list_doors
from tests.integration.web.test_hostile import OUTSIDERS, add_outsider, tells_who

ABSENT = 2**62
WHY = {"reason": "curious"}
OF_PATIENTS = {"case_id", "request_id", "study_id", "attachment_id", "delivery_id", "task_id"}
PDF = b"%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\nstartxref\n9\n%%EOF\n"


@dataclass
class Night:
    """A signed case with all that hangs on it, by the names of the routes' parameters."""

    reading: Reading
    ids: Mapping[str, int]

    def bodies(self) -> dict[str, dict[str, Any]]:
        """Give what each route is sent, by how its path ends."""
        study, site = self.ids["study_id"], self.reading.stage.site.id
        told = {"text": "Mine.", "told_to": "me", "means": "telephone"}
        return {
            "/release": WHY,
            "/void": WHY,
            "/dispossess": WHY,
            "/leave-with-reader": WHY,
            "/reassign": {**WHY, "radiologist_id": 1},
            "/priority": {**WHY, "priority": "P1"},
            "/images-seen": {"instance_count": 0},
            "/join": {**WHY, "other_id": self.ids["case_id"]},
            "/join-request": {**WHY, "request_id": self.ids["request_id"]},
            "/split": {**WHY, "study_ids": [study], "request_ids": []},
            "/one-patient": WHY,
            "/incidents": {"kind": "transmission", "text": "Mine."},
            "/report": {"draft_number": 1, "conclusion": "Mine.", "base": 1},
            "/report/sign": {"draft_number": 1, "instance_count": 2, "base": 1},
            "/report/review": {"base": 1, "conclusion": "Mine."},
            "/report/addenda": {"version_number": 1, "text": "Mine."},
            "/addenda": {"base": 1, "text": "Mine."},
            "/report/withdraw": {"version_number": 1, "reason": "curious"},
            "/withdrawal": {"base": 1, "reason": "curious"},
            "/preliminary": told,
            "/critical-findings": {"text": "Mine."},
            "/calls": {"number": "112", "outcome": "no_answer"},
            "/identity": {**WHY, "identity_id": 1, "patient_id": 1},
            "/intake-class": {**WHY, "intake_class": "test"},
            "/site": {"site_id": site},
            "/no-case/{study_id}": {**WHY, "intake_class": "test"},
            "/settle": {"outcome": "mine"},
            "/requests/{request_id}": {"version": 1},
            "/edit": {"version": 1},
            "/decision": {"version": 1, "kind": "refused", "reason": "curious"},
            "/cancel": WHY,
        }

    async def try_all(
        self, client: httpx.AsyncClient, app: FastAPI, *, ids: Mapping[str, int] | None = None
    ) -> dict[tuple[str, str], httpx.Response]:
        """Knock at every door that names something of a patient."""
        answers = {}
        for door in list_doors(app):
            if names_of(door.path) & OF_PATIENTS:
                path = door.path.format_map({**(ids or self.ids), "number": 1})
                answers[door.method, door.path] = await self._send(
                    client, door.method, path, template=door.path
                )
        assert len(answers) > 80
        return answers

    async def _send(
        self, client: httpx.AsyncClient, method: str, path: str, *, template: str
    ) -> httpx.Response:
        if method == "GET":
            return await client.get(path)
        if template.endswith("/attachments"):
            return await client.request(method, path, files={"file": ("a.pdf", PDF)})
        ends = [end for end in self.bodies() if template.endswith(end)]
        body = self.bodies()[max(ends, key=len)] if ends else {}
        if not template.startswith("/api/"):
            return await client.request(method, path, data=body)
        return await client.request(method, path, json=self._fit(body, template) if ends else None)

    def _fit(self, body: dict[str, Any], template: str) -> dict[str, Any]:
        # A program's body takes no field that is not its own; a form takes them all.
        mine = {"base"} | ({"patient_id"} if template.endswith("/identity") else set())
        return {name: value for name, value in body.items() if name not in mine}


def names_of(path: str) -> set[str]:
    return set(re.findall(r"\{(\w+)", path))


@pytest.fixture
def container(container: Container, tmp_path: Path) -> Container:
    return replace(container, settings=read_settings({"ASTREINTE_DATA_DIR": str(tmp_path)}))


@pytest_asyncio.fixture
async def night(session: AsyncSession, tmp_path: Path) -> AsyncIterator[Night]:
    reading = await open_reading(session)
    site_id, actor = reading.stage.site.id, reading.actor
    signed = await reading.write_and_sign(now=NIGHT)
    await delivery.plan_report(
        session, case_id=reading.case_id, version_id=signed.version_id, now=NIGHT
    )
    asked = await requests.submit(session, site_id=site_id, content=CONTENT, actor=actor, now=NIGHT)
    file = keep_file(tmp_path, name="DUPONT.pdf", content=PDF)
    attachment_id = await add_attachment(
        session, asked.request_id, file=file, actor=actor, now=NIGHT
    )
    await cases.take_request(session, reading.case_id, request_id=asked.request_id, now=NIGHT)
    task_id = await raise_task(
        session,
        TaskKind.LATE_IMAGES,
        subject=f"case:{reading.case_id}",
        case_id=reading.case_id,
        site_id=site_id,
        now=NIGHT,
    )
    delivery_id = await session.scalar(select(Delivery.id).limit(1))
    assert task_id is not None
    assert delivery_id is not None
    yield Night(
        reading,
        {
            "case_id": reading.case_id,
            "study_id": reading.study.id,
            "request_id": asked.request_id,
            "attachment_id": attachment_id,
            "delivery_id": delivery_id,
            "task_id": task_id,
        },
    )


def statuses(answers: Mapping[tuple[str, str], httpx.Response]) -> dict[tuple[str, str], int]:
    return {key: answer.status_code for key, answer in answers.items()}


async def _check_closed(
    night: Night, client: httpx.AsyncClient, app: FastAPI, session: AsyncSession, who: User
) -> None:
    answers = await night.try_all(client, app)

    open_or_odd = {key: code for key, code in statuses(answers).items() if code not in {403, 404}}
    assert open_or_odd == {}
    assert [key for key, each in answers.items() if tells_who(each)] == []
    looked = select(AccessLog.id).where(AccessLog.user_id == who.id)
    assert list(await session.scalars(looked)) == []


@pytest.mark.asyncio
@pytest.mark.parametrize("role", OUTSIDERS)
async def test_nobody_of_a_neighbour_passes_any_door_of_a_case(
    night: Night, application: FastAPI, session: AsyncSession, sign_in: SignIn, role: Role
) -> None:
    who = await add_outsider(session, role)
    await _check_closed(night, await sign_in(who), application, session, who)


@pytest.mark.asyncio
async def test_a_radiologist_of_the_society_who_may_not_read_for_the_site_passes_none(
    night: Night, application: FastAPI, session: AsyncSession, sign_in: SignIn
) -> None:
    society_id = night.reading.stage.society.id
    one = await add_radiologist(session, society_id=society_id)
    who = await add_user(session, Role.RADIOLOGIST, radiologist_id=one.id)
    await _check_closed(night, await sign_in(who), application, session, who)


@pytest.mark.asyncio
async def test_a_planner_of_the_group_passes_none(
    night: Night, application: FastAPI, session: AsyncSession, sign_in: SignIn
) -> None:
    who = await add_user(session, Role.PLANNER)
    await _check_closed(night, await sign_in(who), application, session, who)


@pytest.mark.asyncio
async def test_an_auditor_of_the_group_reads_all_and_changes_nothing(
    night: Night, application: FastAPI, session: AsyncSession, sign_in: SignIn
) -> None:
    client = await sign_in(await add_user(session, Role.AUDITOR))

    answers = await night.try_all(client, application)

    changes = {key: code for key, code in statuses(answers).items() if key[0] != "GET"}
    assert {key: code for key, code in changes.items() if code != 403} == {}
    assert answers["GET", "/requests/{request_id}"].status_code == 200


@pytest.mark.asyncio
async def test_what_is_hidden_answers_as_what_does_not_exist(
    night: Night, application: FastAPI, session: AsyncSession, sign_in: SignIn
) -> None:
    client = await sign_in(await add_outsider(session, Role.GCS_ADMIN))

    hidden = await night.try_all(client, application)
    absent = await night.try_all(client, application, ids=dict.fromkeys(night.ids, ABSENT))

    told_apart = {
        key: (answer.status_code, absent[key].status_code)
        for key, answer in hidden.items()
        if answer.status_code != absent[key].status_code
    }
    assert told_apart == {}


def test_no_door_that_changes_something_asks_for_a_right_to_read(application: FastAPI) -> None:
    weak = {
        (door.method, door.path)
        for door in list_doors(application)
        if door.method != "GET" and door.permission in READING_PERMISSIONS
    }

    # These judge by themselves: whoever coordinates, or may read for the site; and nothing is kept.
    judged = {f"/cases/{{case_id}}/{name}" for name in ("join", "join-request", "split")}
    assert {path.removeprefix("/api/v1") for _, path in weak} == judged | {
        "/sites/{site_id}/intake-rules/preview",
        # An address is one's own, and shows what its maker may read.
        "/calendar-feeds",
        "/calendar-feeds/{feed_id}",
    }


@pytest.mark.asyncio
async def test_a_site_raises_and_never_lowers(
    night: Night, session: AsyncSession, sign_in: SignIn
) -> None:
    site_id = night.reading.stage.site.id
    client = await sign_in(await add_user(session, Grant(Role.SITE, site_id=site_id)))
    case = f"/api/v1/cases/{night.ids['case_id']}"

    lowered = await client.put(f"{case}/priority", json={**WHY, "priority": "P3"})
    forced = await client.put(f"{case}/priority", json={**WHY, "priority": "P3", "may_lower": True})
    by_page = await client.post(f"{case[7:]}/priority", data={**WHY, "priority": "P3"})
    by_own = await client.post(
        f"/hospital{case[7:]}/priority", data={**WHY, "priority": "P3", "may_lower": "true"}
    )

    assert lowered.status_code in {403, 409}
    assert forced.status_code == 422
    assert by_page.status_code == 403
    assert by_own.status_code in {403, 409}
