"""The long kill test of a soak, on a disk and a database of its own."""

from contextlib import ExitStack
from pathlib import Path

from app.kit.errors import Unavailable
from benchmarks._ingest_gateway import CALLED, CALLING, run_database
from benchmarks._kill_windows import AwayDatabase, FullDisk, Window, small_disk
from benchmarks._kills import Ground, Killed, run_kills

_DISK_MIB = 4096
_KILLS_A_ROUND = 5
"""Then all begins anew: what is kept must fit on the disk, which is in memory."""
_SEED = 20261122


def kill_gateway(folder: Path, *, kills: int) -> Killed:
    """Kill a gateway so often; without the right to mount a small disk it is never full."""
    folder.mkdir()
    all_of_it = Killed()
    for number, begun in enumerate(range(0, kills, _KILLS_A_ROUND)):
        some = min(_KILLS_A_ROUND, kills - begun)
        killed = _kill_for_a_round(folder / str(number), kills=some, seed=_SEED + number)
        all_of_it.acknowledged += killed.acknowledged
        all_of_it.broken += killed.broken
        all_of_it.kills += killed.kills
        all_of_it.wrong += killed.wrong
    return all_of_it


def _kill_for_a_round(folder: Path, *, kills: int, seed: int) -> Killed:
    data_dir = folder / "var"
    data_dir.mkdir(parents=True)
    with ExitStack() as stack:
        url = stack.enter_context(run_database(folder / "database"))
        disk: Window = FullDisk(data_dir)
        try:
            stack.enter_context(small_disk(data_dir, mebibytes=_DISK_MIB))
        except Unavailable as error:
            print(f"  the disk is never full: {error.message}")
            disk = _NeverFull()
        ground = Ground(
            data_dir=data_dir,
            log=folder / "gateway.log",
            database_url=url,
            calling=CALLING,
            called=CALLED,
            disk=disk,
            database=AwayDatabase(url),
        )
        return run_kills(ground, kills=kills, seed=seed)


class _NeverFull:
    """Nothing is missing: the disk is not ours alone."""

    def open(self) -> None:
        """Leave it as it is."""

    def close(self) -> None:
        """Leave it as it is."""
