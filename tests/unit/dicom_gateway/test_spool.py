import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.kit.ids import draw_arrival_id
from app.store.files import NoRoom, write_durably
from app.store.layout import Layout
from app.store.room import measure_free_bytes
from dicom_gateway.arrival import make_file_head, read_file_head
from dicom_gateway.spool import Spool
from tests.unit.dicom_gateway.test_arrival import DATA_SET, PROVENANCE, announce

AT = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)


def make_spool(tmp_path: Path, *, reserve_bytes: int = 0) -> Spool:
    spool = Spool(Layout(tmp_path), reserve_bytes=reserve_bytes)
    spool.prepare()
    return spool


def keep(spool: Spool) -> Path:
    provenance = replace(PROVENANCE, arrival_id=draw_arrival_id())
    path = spool.layout.incoming_path(provenance.arrival_id)
    write_durably(path, chunks=(make_file_head(announce(), provenance=provenance), DATA_SET))
    return path


def test_a_kept_arrival_waits_with_its_data_set(tmp_path: Path) -> None:
    spool = make_spool(tmp_path)
    path = keep(spool)

    assert spool.list_waiting() == [path]
    assert path.read_bytes()[read_file_head(path).data_set_at :] == DATA_SET


def test_the_reserve_refuses_what_is_new_and_an_eighth_of_it_what_has_begun(
    tmp_path: Path,
) -> None:
    free = measure_free_bytes(tmp_path)
    touched = make_spool(tmp_path, reserve_bytes=2 * free)

    with pytest.raises(NoRoom):
        touched.require_reserve()
    touched.require_floor(1000)
    with pytest.raises(NoRoom):
        touched.require_floor(free)


def test_what_is_set_aside_keeps_its_reason_and_can_be_taken_back(tmp_path: Path) -> None:
    spool = make_spool(tmp_path)
    path = keep(spool)
    content = path.read_bytes()

    spool.set_aside(path, reason="odd", at=AT)
    ((aside, reason),) = spool.list_set_aside()
    assert (spool.list_waiting(), reason) == ([], "odd")

    assert spool.take_back([aside]) == 1
    assert path.read_bytes() == content
    assert list(spool.layout.quarantine.iterdir()) == []


def test_a_lost_reason_loses_no_file(tmp_path: Path) -> None:
    spool = make_spool(tmp_path)
    path = keep(spool)
    spool.set_aside(path, reason="odd", at=AT)
    next(spool.layout.quarantine.glob("*.json")).write_text("half of a")

    assert spool.list_set_aside() == [(spool.layout.quarantine / path.name, "no reason was kept")]


def test_remainders_of_a_crash_are_swept_at_the_start(tmp_path: Path) -> None:
    spool = make_spool(tmp_path)
    old = spool.layout.incoming / ".x.dcm.1.part"
    old.touch()
    os.utime(old, (1000, 1000))

    spool.prepare()

    assert not old.exists()


def test_a_reason_that_cannot_be_written_keeps_no_file_in_the_way(tmp_path: Path) -> None:
    spool = make_spool(tmp_path)
    path = keep(spool)
    # As a full disk would: the note cannot be put into its place.
    (spool.layout.quarantine / f"{path.name}.reason.json").mkdir()

    spool.set_aside(path, reason="odd", at=AT)

    assert spool.list_waiting() == []
    assert spool.list_set_aside() == [(spool.layout.quarantine / path.name, "no reason was kept")]
