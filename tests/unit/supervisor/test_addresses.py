import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.kit.errors import Unavailable
from app.settings import Settings, read_settings
from app.supervisor.addresses import Addresses


@pytest.fixture
def busy() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def _settings(data_dir: Path, **given: str) -> Settings:
    binds = {"http_bind": "127.0.0.1:0", "dicom_bind": "127.0.0.1:0"} | given
    return read_settings(
        {"ASTREINTE_DATA_DIR": str(data_dir)}
        | {f"ASTREINTE_{name.upper()}": value for name, value in binds.items()}
    )


def _ignore(line: str) -> None:
    assert line


def test_port_0_becomes_the_port_that_is_written_down(tmp_path: Path) -> None:
    said: list[str] = []
    addresses = Addresses(_settings(tmp_path), say=said.append)

    addresses.announce()

    written = json.loads((tmp_path / "up.json").read_text(encoding="utf-8"))
    assert addresses.write() == {
        "ASTREINTE_HTTP_BIND": written["http"],
        "ASTREINTE_DICOM_BIND": written["dicom"],
    }
    assert not written["http"].endswith(":0")
    assert written["http"] in said[0]
    assert written["dicom"] in said[0]


def test_what_was_announced_is_withdrawn(tmp_path: Path) -> None:
    addresses = Addresses(_settings(tmp_path), say=_ignore)
    addresses.announce()

    addresses.withdraw()

    assert not list(tmp_path.iterdir())


def test_what_a_killed_one_announced_is_forgotten(tmp_path: Path) -> None:
    Addresses(_settings(tmp_path), say=_ignore).announce()

    Addresses(_settings(tmp_path), say=_ignore)

    assert not list(tmp_path.iterdir())


def test_an_address_that_was_asked_for_and_is_busy_is_named(tmp_path: Path, busy: str) -> None:
    with pytest.raises(Unavailable, match=f"ASTREINTE_DICOM_BIND={busy} cannot be used"):
        Addresses(_settings(tmp_path, dicom_bind=busy), say=_ignore)


def test_an_address_of_another_machine_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"ASTREINTE_HTTP_BIND=192\.0\.2\.1:80 cannot be used"):
        Addresses(_settings(tmp_path, http_bind="192.0.2.1:80"), say=_ignore)


def test_a_port_that_another_program_took_meanwhile_is_replaced_and_announced(
    tmp_path: Path,
) -> None:
    # A default: nobody asked for it.
    settings = read_settings({"ASTREINTE_DATA_DIR": str(tmp_path)})
    said: list[str] = []
    addresses = Addresses(settings, say=said.append)
    before = addresses.write()["ASTREINTE_HTTP_BIND"]
    host, port = before.split(":")
    with socket.create_server((host, int(port))):
        addresses.prepare("web")
        after = addresses.write()["ASTREINTE_HTTP_BIND"]

    assert after != before
    assert after in said[-1]
    addresses.prepare("scheduler")
    assert len(said) == 1
