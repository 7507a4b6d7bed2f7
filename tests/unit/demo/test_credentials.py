"""The passwords of a demo."""

from pathlib import Path

from app.demo.credentials import read_or_draw, write
from app.directory.domain.sign_in import has_allowed_length


def test_they_stay_the_same_in_one_data_folder(tmp_path: Path) -> None:
    first = read_or_draw(tmp_path / "demo")

    assert read_or_draw(tmp_path / "demo") == first
    assert read_or_draw(tmp_path / "other") != first


def test_the_password_is_long_enough_for_the_directory(tmp_path: Path) -> None:
    assert has_allowed_length(read_or_draw(tmp_path).password)


def test_only_their_owner_may_read_them(tmp_path: Path) -> None:
    credentials = read_or_draw(tmp_path).with_second_factor("JBSWY3DPEHPK3PXP")

    write(credentials, folder=tmp_path)

    (path,) = tmp_path.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_or_draw(tmp_path).second_factor_secret == "JBSWY3DPEHPK3PXP"
