"""Slots of the gateway, taken by processes that race and that are killed."""

import subprocess
import sys
from pathlib import Path

from dicom_gateway.slots import LimitKind, LimitReached, Slot, Slots
from tests.plugins.accounts import ROOT

PROCESSES, MOST, ROUNDS = 4, 5, 300
RACER = """
import sys
from pathlib import Path
from dicom_gateway.slots import Slot, Slots

slots = Slots(Path(sys.argv[1]), most=int(sys.argv[2]))
print("ready", flush=True)
sys.stdin.readline()
most_seen = taken = 0
for _ in range(int(sys.argv[3])):
    slot = slots.take(1, most_of_sender=1000)
    if isinstance(slot, Slot):
        taken += 1
        most_seen = max(most_seen, slots.count_open().total())
        slot.give_back()
kept = [slots.take(1, most_of_sender=1000) for _ in range(1000)]
print(most_seen, taken, sum(isinstance(each, Slot) for each in kept), flush=True)
sys.stdin.readline()
"""


def start_racer(folder: Path) -> subprocess.Popen[str]:
    racer = subprocess.Popen(
        [sys.executable, "-c", RACER, str(folder), str(MOST), str(ROUNDS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert read_line(racer) == "ready"
    return racer


def read_line(racer: subprocess.Popen[str]) -> str:
    assert racer.stdout is not None
    return racer.stdout.readline().strip()


def let_go_on(racer: subprocess.Popen[str]) -> None:
    assert racer.stdin is not None
    racer.stdin.write("\n")
    racer.stdin.flush()


def test_racing_processes_never_take_more_than_there_are(tmp_path: Path) -> None:
    racers = [start_racer(tmp_path / "open") for _ in range(PROCESSES)]
    try:
        for racer in racers:
            let_go_on(racer)
        results = [[int(each) for each in read_line(racer).split()] for racer in racers]
        ours = Slots(tmp_path / "open", most=MOST)

        assert max(most_seen for most_seen, _, _ in results) <= MOST
        assert max(taken for _, taken, _ in results) > 0
        # What all hold now, together, is exactly what there is.
        assert sum(kept for _, _, kept in results) == MOST
        assert ours.take(2, most_of_sender=1) == LimitReached(LimitKind.HOST)
    finally:
        for racer in racers:
            racer.kill()
            racer.communicate()

    # They were killed with slots in their hands: all of them are free again.
    taken = [ours.take(2, most_of_sender=1000) for _ in range(MOST + 1)]
    assert sum(isinstance(each, Slot) for each in taken) == MOST
    assert len(list((tmp_path / "open").glob("*.slots"))) == 1
    ours.close()
