import hashlib
import os
import resource
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.errors import NotFound
from app.store.files import (
    Damaged,
    NoRoom,
    NotWritten,
    digest,
    make_folder,
    move_durably,
    read_back,
    read_chunks,
    sweep_parts,
    write_durably,
)
from app.store.room import measure_free_bytes, require_room


@given(st.lists(st.binary(max_size=2000), max_size=6))
def test_the_digest_of_the_pieces_is_the_digest_of_the_whole(pieces: list[bytes]) -> None:
    assert digest(pieces) == hashlib.sha256(b"".join(pieces)).digest()


def test_what_is_written_is_read_back_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"

    write_durably(path, chunks=(b"head", memoryview(b"tail" * 10_000)))

    content = b"head" + b"tail" * 10_000
    assert read_back(path, expected_digest=digest((content,))) == content
    assert [each.name for each in tmp_path.iterdir()] == ["a.dcm"]


def test_data_and_name_are_synced_before_the_write_returns(tmp_path: Path) -> None:
    """The system calls, as strace would show them: data, name, folder, in this order."""
    script = textwrap.dedent(
        """
        import os, sys
        from pathlib import Path
        calls = []
        for name in ("fdatasync", "fsync", "replace", "rename"):
            real = getattr(os, name)
            def spy(*args, real=real, name=name, **more):
                is_folder = name == "fsync" and os.path.isdir(f"/proc/self/fd/{args[0]}")
                calls.append(name + (" folder" if is_folder else ""))
                return real(*args, **more)
            setattr(os, name, spy)
        from app.store.files import write_durably
        write_durably(Path(sys.argv[1]), chunks=[b"x"])
        print(*calls, sep=",")
        """
    )

    shown = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "a.dcm")],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()

    assert shown == "fdatasync,replace,fsync folder"


def test_a_file_that_was_changed_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    write_durably(path, chunks=(b"image",))
    expected = digest((b"image",))
    path.write_bytes(b"imagf")

    with pytest.raises(Damaged, match=r"a\.dcm"):
        read_back(path, expected_digest=expected)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"gone\.dcm"):
        list(read_chunks(tmp_path / "gone.dcm"))


def test_a_write_without_room_leaves_nothing(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    # No fixture would do: it ends after pytest has said, maybe to a file, how the test went.
    try:
        with pytest.raises(NoRoom, match="disk space"):
            write_durably(tmp_path / "a.dcm", chunks=(b"x" * 900, b"y" * 900))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert list(tmp_path.iterdir()) == []


def test_a_write_into_a_missing_folder_is_explained(tmp_path: Path) -> None:
    with pytest.raises(NotWritten, match=r"cannot write a\.dcm"):
        write_durably(tmp_path / "missing" / "a.dcm", chunks=(b"x",))


def test_the_reserve_is_never_touched(tmp_path: Path) -> None:
    free = measure_free_bytes(tmp_path)

    require_room(tmp_path, size_bytes=1, reserve_bytes=0)
    with pytest.raises(NoRoom, match="ASTREINTE_DISK_RESERVE_BYTES"):
        require_room(tmp_path, size_bytes=1, reserve_bytes=2 * free)


def test_moves_can_be_repeated_after_an_interruption(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    first.write_bytes(b"1")
    second.write_bytes(b"2")
    moves = [(first, tmp_path / "aa" / "1"), (second, tmp_path / "bb" / "2")]
    move_durably(moves[:1])

    move_durably(moves)

    assert (tmp_path / "aa" / "1").read_bytes() == b"1"
    assert (tmp_path / "bb" / "2").read_bytes() == b"2"


def test_folders_are_made_with_their_parents(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b" / "c")
    make_folder(tmp_path / "a" / "b" / "c")

    assert (tmp_path / "a" / "b" / "c").is_dir()


def test_only_old_remainders_are_swept(tmp_path: Path) -> None:
    old, new, whole = tmp_path / ".a.1.part", tmp_path / ".b.2.part", tmp_path / "c.dcm"
    for path in (old, new, whole):
        path.touch()
    os.utime(old, (1000, 1000))

    assert sweep_parts(tmp_path, before_s=2000) == [old]
    assert sorted(each.name for each in tmp_path.iterdir()) == [".b.2.part", "c.dcm"]
