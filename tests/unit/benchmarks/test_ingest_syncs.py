"""What the syncs alone take: all files are written, and only their syncs are counted."""

from pathlib import Path

from app.kit.clock import read_monotonic_s
from benchmarks._ingest_files import Load, Slices
from benchmarks._ingest_syncs import make_syncs


def test_every_file_is_written_and_less_than_all_of_it_is_counted(tmp_path: Path) -> None:
    slices = Slices(tmp_path / "files", load=Load(images=3, side=32))
    contestant = make_syncs(tmp_path, slices=slices)

    begun_s = read_monotonic_s()
    counted_s = contestant()
    took_s = read_monotonic_s() - begun_s

    written = (tmp_path / "syncs").read_bytes()
    assert written == b"".join(path.read_bytes() for path in slices.paths)
    assert 0 < counted_s < took_s


def test_the_blocks_are_there_before_the_second_turn(tmp_path: Path) -> None:
    slices = Slices(tmp_path / "files", load=Load(images=3, side=32))
    contestant = make_syncs(tmp_path, slices=slices)
    contestant()
    size_bytes = (tmp_path / "syncs").stat().st_size

    contestant()

    assert abs((tmp_path / "syncs").stat().st_size - size_bytes) < 1024
