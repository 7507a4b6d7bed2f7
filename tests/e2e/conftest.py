"""What the tests with raw peers share: one gateway, and a check that nobody else is harmed."""

from collections.abc import Iterator

import pytest

from tests.e2e.gateway_process import GatewayProcess, write_snapshot
from tests.e2e.raw import associated, draw_instance_uid


@pytest.fixture(scope="session")
def raw_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """Give a gateway without a database, which needs none for this."""
    data_dir = tmp_path_factory.mktemp("gateway") / "var"
    write_snapshot(data_dir)
    with GatewayProcess(data_dir).running() as it:
        yield it


@pytest.fixture
def nobody_else_is_harmed(raw_gateway: GatewayProcess) -> Iterator[None]:
    """Send an image over an association that was open before the test, and one over a new one."""
    with associated(raw_gateway.port) as before:
        yield
        assert before.store(draw_instance_uid()) == 0
        before.release()
    with associated(raw_gateway.port) as after:
        assert after.store(draw_instance_uid()) == 0
