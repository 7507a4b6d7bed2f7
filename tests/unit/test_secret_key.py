import stat
from pathlib import Path

import pytest

from app.kit.errors import Invalid
from app.secret_key import ensure_secret_key
from app.settings import Settings, read_settings


def _settings(data_dir: Path, **given: str) -> Settings:
    return read_settings(
        {"ASTREINTE_DATA_DIR": str(data_dir)}
        | {f"ASTREINTE_{name.upper()}": value for name, value in given.items()}
    )


def test_the_key_that_was_given_is_used_and_nothing_is_written(tmp_path: Path) -> None:
    assert ensure_secret_key(_settings(tmp_path, secret_key="given")) == "given"
    assert not list(tmp_path.iterdir())


def test_on_loopback_a_key_is_drawn_once_for_this_account_only(tmp_path: Path) -> None:
    settings = _settings(tmp_path / "var")

    first = ensure_secret_key(settings)

    assert ensure_secret_key(settings) == first
    assert len(first) >= 43
    (path,) = (tmp_path / "var").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_data_folders_have_two_keys(tmp_path: Path) -> None:
    keys = {ensure_secret_key(_settings(tmp_path / name)) for name in ("one", "other")}

    assert len(keys) == 2


def test_no_key_is_made_up_when_others_can_reach_the_pages(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"ASTREINTE_SECRET_KEY is needed .* 0\.0\.0\.0:8080"):
        ensure_secret_key(_settings(tmp_path, http_bind="0.0.0.0:8080"))
