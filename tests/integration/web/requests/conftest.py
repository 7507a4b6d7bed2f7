"""A hospital and a radiologist on guard, as programs call for them."""

from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from app.settings import read_settings
from app.web.container import Container
from tests.factories.asking import Asking, begin_asking
from tests.integration.web.conftest import SignIn


@pytest.fixture
def container(container: Container, tmp_path: Path) -> Container:
    return replace(container, settings=read_settings({"ASTREINTE_DATA_DIR": str(tmp_path)}))


@pytest_asyncio.fixture
async def asking(session: AsyncSession) -> Asking:
    return await begin_asking(session)


@pytest_asyncio.fixture
async def hospital(asking: Asking, sign_in: SignIn) -> httpx.AsyncClient:
    return await sign_in(await asking.user_of(asking.hospital))


@pytest_asyncio.fixture
async def reader(asking: Asking, sign_in: SignIn) -> httpx.AsyncClient:
    return await sign_in(await asking.user_of(asking.reader))
