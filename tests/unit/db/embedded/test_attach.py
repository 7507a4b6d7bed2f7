import stat
from pathlib import Path

import pytest

from app.db.embedded.attach import attach, publish, read_url, withdraw
from app.kit.errors import Unavailable

_NOBODY = "postgresql://nobody:hidden@127.0.0.1:1/none"


def test_an_address_is_read_as_it_was_written_and_by_nobody_else(tmp_path: Path) -> None:
    publish(tmp_path, "postgresql://first")
    publish(tmp_path, _NOBODY)

    assert read_url(tmp_path) == _NOBODY
    (path,) = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_address_that_was_withdrawn_is_gone(tmp_path: Path) -> None:
    publish(tmp_path, _NOBODY)
    withdraw(tmp_path)
    withdraw(tmp_path)

    assert read_url(tmp_path) is None


def test_a_database_that_does_not_answer_is_not_attached_to(tmp_path: Path) -> None:
    publish(tmp_path, _NOBODY)

    with pytest.raises(Unavailable, match="not answer: set ASTREINTE_DATABASE_URL") as refusal:
        attach(tmp_path)

    assert "hidden" not in refusal.value.message
