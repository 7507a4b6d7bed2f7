"""A night with one hospital and two readers on guard; stories add what else they need."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import TypeAlias

import pytest
import pytest_asyncio
from sqlalchemy.dialects.postgresql import Range

from app.adapters.dicom.sender import PynetdicomSender
from app.adapters.documents.renderer import TypstDicomRenderer
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.models import Centre, Endpoint, RadiologistSite
from app.dispatch.domain.check_in import Signs
from app.dispatch.service.check_in import check_in
from app.settings import read_settings
from scheduler.job import Bench
from tests.factories.directory import add_sender, add_site
from tests.factories.stage import add_endpoint, add_radiologist, put_on_guard, set_stage
from tests.integration.stories.night import Hospital, Night, Reader, make_layout
from tests.integration.stories.node import Node

AddHospital: TypeAlias = Callable[[], Awaitable[Hospital]]


@pytest.fixture
def stack() -> "ExitStack":
    """Give what closes a story's nodes and gateway, last opened first."""
    return ExitStack()


@pytest_asyncio.fixture
async def night(
    sessions: Sessions, clock: SetClock, tmp_path: Path, stack: ExitStack
) -> AsyncIterator[Night]:
    """Give a Friday evening at 22:00 in Paris: one hospital, two readers, nothing sent yet."""
    layout = make_layout(tmp_path)
    settings = read_settings({"ASTREINTE_DATA_DIR": str(layout.data_dir)})
    bench = Bench(
        settings=settings,
        sessions=sessions,
        clock=clock,
        peers=PynetdicomSender(ae_title=settings.ae_title),
        renderer=TypstDicomRenderer(),
    )
    night = Night(sessions=sessions, clock=clock, bench=bench, layout=layout)
    with stack:
        stack.enter_context(night.open_gateway())
        await open_hospital(night, stack=stack)
        await add_reader(night, stack=stack)
        await add_reader(night, stack=stack)
        yield night


@pytest.fixture
def add_hospital(night: Night, stack: ExitStack) -> AddHospital:
    """Give what opens one hospital more, whose cases everybody on guard may read."""

    async def add() -> Hospital:
        return await open_hospital(night, stack=stack)

    return add


FORMS = ("sr", "encapsulated_pdf")
ALWAYS = Range(date(2020, 1, 1), None)


async def open_hospital(night: Night, *, stack: ExitStack) -> Hospital:
    """Add a hospital with its own sender, domain and node; all readers may read for it."""
    node = Node()
    stack.enter_context(node.listen("HOSPITAL"))
    async with unit_of_work(night.sessions) as session:
        if night.stage is None:
            night.stage = await set_stage(session, night=night.clock.instant)
            site, sender = night.stage.site, night.stage.sender
        else:
            site = await add_site(session, society_id=night.stage.society.id)
            sender = await add_sender(session, site_id=site.id)
            site.endpoint_id = (await add_endpoint(session, forms=FORMS)).id
        endpoint = await session.get_one(Endpoint, site.endpoint_id)
        endpoint.port = node.port
        session.add_all(
            RadiologistSite(radiologist_id=each.radiologist.id, site_id=site.id, valid=ALWAYS)
            for each in night.readers
        )
    hospital = Hospital(site=site, sender=sender, node=node)
    night.hospitals.append(hospital)
    return hospital


async def add_reader(night: Night, *, stack: ExitStack) -> Reader:
    """Put one radiologist more on guard, from 19:00 to 7:00."""
    node = Node()
    stack.enter_context(node.listen("CENTRE"))
    async with unit_of_work(night.sessions) as session:
        assert night.stage is not None
        night.stage.session = session
        radiologist, actor = await add_radiologist(night.stage)
        seat = await put_on_guard(night.stage, radiologist)
        assert seat.period.lower is not None
        signs = Signs(sound_heard=True, telephone_confirmed=True, page_visible=True)
        await check_in(session, signs=signs, actor=actor, now=seat.period.lower)
        assert radiologist.centre_id is not None
        centre = await session.get_one(Centre, radiologist.centre_id)
        endpoint = await session.get_one(Endpoint, centre.endpoint_id)
        endpoint.port = node.port
    reader = Reader(radiologist=radiologist, actor=actor, node=node)
    night.readers.append(reader)
    return reader
