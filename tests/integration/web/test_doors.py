"""Every route of the application: closed to strangers, and to those without its permission."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import RouteContext, iter_route_contexts
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import PERMISSIONS, Grant, Permission, Role
from app.web.openapi import find_doors
from tests.factories.directory import add_site, add_society, add_user
from tests.integration.web.conftest import SignIn

OPEN_TO_ALL = {
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/metrics"),  # has a door of its own: test_health.py
    ("GET", "/openapi.json"),
    ("POST", "/api/v1/notifications/callback"),  # signed: test_notifications.py
    ("POST", "/api/v1/session"),
}
OPEN_TO_PEOPLE = {
    ("GET", "/calendars/{secret}/guards.ics"),  # the secret is its door: test_calendar_feeds.py
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("GET", "/static/{path:path}"),
}


@dataclass(frozen=True, slots=True)
class Door:
    """A method of a route, and the permission that it asks for."""

    method: str
    path: str
    permission: Permission | None

    @property
    def url(self) -> str:
        """An address that fits the route."""
        return re.sub(r"\{[^}]+\}", "1", self.path)


def list_doors(app: FastAPI) -> Iterator[Door]:
    for route in iter_route_contexts(app.routes):
        for method in sorted((route.methods or set()) - {"HEAD"}):
            if (method, route.path) not in OPEN_TO_ALL | OPEN_TO_PEOPLE:
                yield Door(method, route.path or "", _permission_of(route))


def _permission_of(route: RouteContext) -> Permission | None:
    asked = {door.permission for door in find_doors(route.dependant)}
    return next(iter(asked - {None}), None)


def test_every_route_that_is_not_open_to_all_has_a_door(application: FastAPI) -> None:
    without = [
        (method, route.path)
        for route in iter_route_contexts(application.routes)
        for method in (route.methods or set()) - {"HEAD"}
        if (method, route.path) not in OPEN_TO_ALL | OPEN_TO_PEOPLE
        and not any(find_doors(route.dependant))
    ]

    assert without == []


@pytest.mark.asyncio
async def test_a_stranger_finds_every_door_closed(
    application: FastAPI, client: httpx.AsyncClient
) -> None:
    doors = [door for door in list_doors(application) if door.path.startswith("/api/")]

    answers = {
        (door.method, door.path): (await client.request(door.method, door.url)).status_code
        for door in doors
    }

    assert len(doors) > 40
    assert {key: status for key, status in answers.items() if status != 401} == {}


@pytest.mark.asyncio
@pytest.mark.parametrize("role", Role)
async def test_who_lacks_the_permission_of_a_door_finds_it_closed(
    application: FastAPI, session: AsyncSession, sign_in: SignIn, role: Role
) -> None:
    society = await add_society(session)
    site_id = (await add_site(session, society_id=society.id)).id if role is Role.SITE else None
    client = await sign_in(await add_user(session, Grant(role, site_id=site_id)))
    doors = [
        door
        for door in list_doors(application)
        if door.permission is not None and door.permission not in PERMISSIONS[role]
    ]

    answers = {
        (door.method, door.path): (await client.request(door.method, door.url)).status_code
        for door in doors
    }

    assert {key: status for key, status in answers.items() if status != 403} == {}
    assert bool(doors) is (role is not Role.GCS_ADMIN)
