"""The table that the demo prints, from the entries of a timeline."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

from rich.console import Console

from app.demo.play.milestones import name_missing, read_milestones, render_table

START = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)


def entry(second: float, *, kind: str = "moved", to: str | None = None) -> dict[str, Any]:
    at = START + timedelta(seconds=second)
    return {"at": at.isoformat(), "kind": kind, "state_to": to, "by_name": "Iris Izaribarne"}


TIMELINE = [
    entry(0.1, to="open"),
    entry(0.5, to="nominated"),
    entry(2.0, kind="acknowledged"),
    entry(3.0, to="reading"),
    entry(4.0, kind="preliminary"),
    entry(6.0, kind="complete"),
    entry(6.5, kind="images_forwarded"),
    entry(8.0, to="signed"),
    entry(9.25, to="delivered"),
]


def test_steps_stand_in_the_order_in_which_they_happened() -> None:
    names = [each.name for each in read_milestones(TIMELINE[::-1], first_image_at=START)]

    assert names == [
        "first image",
        "nominated",
        "acknowledged",
        "claimed",
        "preliminary",
        "complete",
        "images at the centre",
        "signed",
        "delivered",
    ]


def test_a_whole_timeline_misses_nothing() -> None:
    assert name_missing(read_milestones(TIMELINE, first_image_at=START)) == []


def test_a_step_without_trace_is_named_and_printed() -> None:
    milestones = read_milestones(TIMELINE[:-1], first_image_at=START)
    text = write(milestones)

    assert name_missing(milestones) == ["delivered"]
    assert "not seen" in text


def test_the_first_of_two_nominations_counts() -> None:
    again = [*TIMELINE, entry(5.0, to="nominated")]

    nominated = read_milestones(again, first_image_at=START)[1]

    assert nominated.at == START + timedelta(seconds=0.5)


def test_the_images_are_at_the_centre_when_the_last_of_them_is() -> None:
    caught_up = [entry(5.0, kind="images_forwarded"), *TIMELINE]

    milestones = read_milestones(caught_up, first_image_at=START)

    at_centre = next(each for each in milestones if each.name == "images at the centre")
    assert at_centre.at == START + timedelta(seconds=6.5)


def test_delays_are_printed_from_the_step_before_and_from_the_first_image() -> None:
    text = write(read_milestones(TIMELINE, first_image_at=START))
    delivered = next(line for line in text.splitlines() if "delivered" in line)

    assert "21:00:09.250" in delivered
    assert "1.25 s" in delivered
    assert "9.25 s" in delivered


def write(milestones: list[Any]) -> str:
    written = StringIO()
    Console(file=written, width=120).print(render_table(milestones, title="case 1"))
    return written.getvalue()
