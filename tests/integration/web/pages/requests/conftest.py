"""A hospital and a radiologist on guard, in their browsers."""

from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from app.settings import read_settings
from app.web.container import Container
from tests.factories.asking import Asking, begin_asking
from tests.integration.web.pages.conftest import Browse, Browser


@pytest.fixture
def container(container: Container, tmp_path: Path) -> Container:
    return replace(container, settings=read_settings({"ASTREINTE_DATA_DIR": str(tmp_path)}))


@pytest_asyncio.fixture
async def asking(session: AsyncSession) -> Asking:
    return await begin_asking(session)


@pytest_asyncio.fixture
async def hospital(asking: Asking, browse: Browse) -> Browser:
    return await browse(asking.hospital)


@pytest_asyncio.fixture
async def reader(asking: Asking, browse: Browse) -> Browser:
    return await browse(asking.reader)
