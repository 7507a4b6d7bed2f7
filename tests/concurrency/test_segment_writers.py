"""Several processes append to segments of one folder, some are killed, and one settles them."""

import subprocess
import sys
from pathlib import Path
from random import Random
from uuid import UUID

from app.kit.clock import read_monotonic_s
from app.store.layout import Layout
from dicom_gateway.segments.pool import list_used
from dicom_gateway.segments.settler import Settler
from tests.factories.segments import read_incoming
from tests.plugins.accounts import ROOT

WRITERS, KILLED, RECORDS = 4, 2, 300
WITHIN_S = 60
_CODE = f"""
import sys
from pathlib import Path
from app.kit.ids import draw_arrival_id
from dicom_gateway.segments.writer import SegmentWriter

writer = SegmentWriter(Path(sys.argv[1]), segment_bytes=1 << 17)
for number in range({RECORDS}):
    arrival_id = draw_arrival_id()
    content = arrival_id.bytes * (number * 7 % 500 + 1)
    if not writer.append(arrival_id, (content[:5], content[5:])):
        continue
    writer.sync()
    print(arrival_id, flush=True)
writer.close()
"""


def start_writer(layout: Layout, said: Path) -> subprocess.Popen[bytes]:
    with said.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-c", _CODE, str(layout.segments)], stdout=output, cwd=ROOT
        )


def test_what_any_of_them_was_told_is_safe_gets_its_file(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.incoming.mkdir(parents=True)
    settler = Settler(layout)
    said = [tmp_path / f"said-{number}" for number in range(WRITERS)]
    writers = [start_writer(layout, each) for each in said]
    chance = Random(4)
    limits = [chance.randrange(20, RECORDS // 2) for _ in range(KILLED)]

    until_s = read_monotonic_s() + WITHIN_S
    while any(each.poll() is None for each in writers):
        assert read_monotonic_s() < until_s
        settler.settle()
        for writer, path, limit in zip(writers, said, limits, strict=False):
            if path.read_bytes().count(b"\n") >= limit:
                writer.kill()
    settler.settle()

    acknowledged = {UUID(line) for path in said for line in path.read_text().splitlines()}
    settled = read_incoming(layout)
    assert len(acknowledged) > 2 * RECORDS // 3
    assert acknowledged <= settled.keys()
    for arrival_id, content in settled.items():
        assert content == arrival_id.bytes * (len(content) // 16)
    # The last records of the killed ones may have become whole without being acknowledged.
    assert len(settled) - len(acknowledged) <= KILLED
    assert list_used(layout.segments) == []
