import uuid
from pathlib import Path

from app.kit.ids import draw_arrival_id
from app.store.layout import Layout


def test_arrivals_of_one_minute_share_a_folder_and_no_name() -> None:
    layout = Layout(Path("data"))
    minute = 29_000_123 * 60_000
    arrivals = [uuid.UUID(int=(minute + ms) << 80 | ms) for ms in (0, 1, 59_999)]

    paths = {layout.stored_path(each) for each in arrivals}

    assert {path.parent for path in paths} == {Path(f"data/store/{29_000_123 >> 8 & 0xFF:02x}/bb")}
    assert len(paths) == 3


def test_the_next_minute_has_the_next_folder() -> None:
    layout = Layout(Path("data"))
    first, second = (uuid.UUID(int=(29_000_123 + minute) * 60_000 << 80) for minute in (0, 1))

    assert layout.stored_path(first).parent.name == "bb"
    assert layout.stored_path(second).parent.name == "bc"


def test_every_path_lies_below_the_data_folder(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    arrival_id = draw_arrival_id()

    for path in (
        layout.incoming_path(arrival_id),
        layout.stored_path(arrival_id),
        layout.document_path(arrival_id, suffix=".pdf"),
    ):
        assert tmp_path in path.parents
        assert not Path(layout.relative(path)).is_absolute()


def test_an_arrival_is_found_before_and_after_it_moves(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    arrival_id = draw_arrival_id()
    assert layout.find_arrival(arrival_id) is None

    layout.incoming.mkdir(parents=True)
    layout.incoming_path(arrival_id).touch()
    assert layout.find_arrival(arrival_id) == layout.incoming_path(arrival_id)

    layout.stored_path(arrival_id).parent.mkdir(parents=True)
    layout.incoming_path(arrival_id).rename(layout.stored_path(arrival_id))
    assert layout.find_arrival(arrival_id) == layout.stored_path(arrival_id)
