"""Whatever a program sends, the API answers as it describes itself, never with a fault of ours.

A real server is asked, by a program that may do everything. About a minute.
"""

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import (
    CoveragePhaseConfig,
    GenerationConfig,
    PhasesConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import text

from app.adapters.documents.tables import TypstTablePrinter
from app.db.clock import DatabaseClock
from app.db.engine import make_engine
from app.db.session import make_sessions, unit_of_work
from app.directory.domain import Role
from app.directory.service.secrets import SecretBox
from app.directory.service.sign_in import issue_token
from app.settings import Settings
from app.web.application import create_app
from app.web.container import Container
from tests.factories.directory import add_radiologist, add_sender, add_site, add_society, add_user
from tests.fakes.receiver import FakeSender
from tests.plugins.database import TestServer

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
# Ids that no generated request hits: nobody must take away the rights of who asks.
FIRST_ID = 4_000_000_000


def _open_nothing() -> AbstractAsyncContextManager[Container]:
    raise NotImplementedError("the description is written without a container")


def _load_schema() -> schemathesis.BaseSchema:
    # Methods that a path does not know are Starlette's; trying them all doubles the time.
    phases = PhasesConfig(coverage=CoveragePhaseConfig(unexpected_methods=set()))
    project = ProjectConfig(
        phases=phases, generation=GenerationConfig(with_security_parameters=False)
    )
    schema = schemathesis.openapi.from_dict(
        create_app(_open_nothing).openapi(),
        config=SchemathesisConfig(projects=ProjectsConfig(default=project)),
    )
    # A stream of events never ends by itself.
    return schema.exclude(path_regex="/events$")


SCHEMA = _load_schema()


class _Server:
    """A server in a thread, with an empty group and a user who may do everything."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self.token = ""
        config = uvicorn.Config(
            create_app(self._open),
            host="127.0.0.1",
            port=0,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="astreinte web")

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Container]:
        engine = make_engine(self._database_url)
        container = Container(
            settings=Settings(),
            engine=engine,
            sessions=make_sessions(engine),
            own_sessions=make_sessions(engine),
            clock=DatabaseClock(),
            box=SecretBox("a secret key of this test only", purpose="totp"),
            peers=FakeSender(),
            table_printer=TypstTablePrinter(),
        )
        self.token = await self._seed(container)
        yield container
        await engine.dispose()

    async def _seed(self, container: Container) -> str:
        async with unit_of_work(container.sessions) as session:
            for table in ('"user"', "api_token"):
                await session.execute(text(f"ALTER TABLE {table} ALTER id RESTART WITH {FIRST_ID}"))
            society = await add_society(session)
            site = await add_site(session, society_id=society.id)
            await add_sender(session, site_id=site.id)
            reader = await add_radiologist(session, society_id=society.id, site_ids=[site.id])
            user = await add_user(session, Role.GCS_ADMIN, radiologist_id=reader.id)
            now = await container.clock.now(session)
            issued = await issue_token(
                session, user_id=user.id, name="test", lasts=timedelta(hours=1), now=now
            )
            return issued.token

    def start(self) -> str:
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "the server did not start"
            threading.Event().wait(0.02)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=20)
        assert not self._thread.is_alive(), "the server did not stop"


@pytest.fixture(scope="module")
def service(database_server: TestServer) -> Iterator[tuple[str, str]]:
    """Give the address of a server, and the token of who may do everything."""
    with database_server.lend() as url:
        server = _Server(url)
        yield server.start(), server.token
        server.stop()


@SCHEMA.parametrize()
@settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_described(
    case: schemathesis.Case[Any], service: tuple[str, str]
) -> None:
    base_url, token = service

    case.call_and_validate(
        base_url=base_url, headers={"Authorization": f"Bearer {token}"}, checks=list(CHECKS)
    )
