"""The table that the demo prints, from the entries of a timeline."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from app.demo.play.milestones import (
    Facts,
    Milestone,
    name_missing,
    read_milestones,
    render_table,
)

START = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)


def entry(
    second: float, *, kind: str = "moved", to: str | None = None, study: int | None = None
) -> dict[str, Any]:
    at = START + timedelta(seconds=second)
    return {
        "at": at.isoformat(),
        "kind": kind,
        "state_to": to,
        "by_name": "Iris Izaribarne",
        "detail": {} if study is None else {"study": study},
    }


REQUEST = {
    "requested_at": (START - timedelta(seconds=5)).isoformat(),
    "requested_by_name": "Urgences",
    "decided_at": (START - timedelta(seconds=2)).isoformat(),
    "decided_by_name": "Iris Izaribarne",
}
FACTS = Facts(request=REQUEST, first_image_at=START.isoformat(), joined_study_id=12)
TIMELINE = [
    entry(-2, to="open"),
    entry(0.1, kind="study_joined", study=11),
    entry(0.5, to="nominated"),
    entry(2.0, kind="acknowledged"),
    entry(3.0, to="reading"),
    entry(4.0, kind="preliminary"),
    entry(5.0, kind="study_joined", study=12),
    entry(6.0, kind="complete"),
    entry(6.5, kind="images_forwarded"),
    entry(8.0, to="signed"),
    entry(9.25, to="delivered"),
    entry(11.0, to="acknowledged"),
]


def read(entries: list[dict[str, Any]], *, facts: Facts = FACTS) -> dict[str, Milestone]:
    return {each.name: each for each in read_milestones(entries, facts=facts)}


def test_steps_stand_in_the_order_in_which_they_happened() -> None:
    assert list(read(TIMELINE[::-1])) == [
        "requested",
        "validated",
        "first image",
        "nominated",
        "acknowledged",
        "claimed",
        "preliminary",
        "angiography joined",
        "complete with maps",
        "images at the centre",
        "signed",
        "delivered",
        "read by the hospital",
    ]


def test_a_whole_timeline_misses_nothing() -> None:
    assert name_missing(read_milestones(TIMELINE, facts=FACTS)) == []


def test_a_step_without_trace_is_named_and_printed() -> None:
    milestones = read_milestones(TIMELINE[:-1], facts=FACTS)
    text = write(milestones)

    assert name_missing(milestones) == ["read by the hospital"]
    assert "not seen" in text


def test_a_request_that_nobody_has_decided_is_no_validation() -> None:
    request = {**REQUEST, "decided_at": None, "decided_by_name": ""}
    facts = Facts(request=request, first_image_at=START.isoformat(), joined_study_id=12)

    assert name_missing(read_milestones(TIMELINE, facts=facts)) == ["validated"]


def test_another_study_that_joins_is_not_the_angiography() -> None:
    others = [each for each in TIMELINE if each["detail"].get("study") != 12]

    assert name_missing(read_milestones(others, facts=FACTS)) == ["angiography joined"]


def test_the_first_of_two_nominations_counts() -> None:
    again = [*TIMELINE, entry(5.0, to="nominated")]

    assert read(again)["nominated"].at == START + timedelta(seconds=0.5)


def test_the_nominee_s_word_is_not_the_hospital_s() -> None:
    found = read(TIMELINE)

    assert found["acknowledged"].at == START + timedelta(seconds=2)
    assert found["read by the hospital"].at == START + timedelta(seconds=11)


@pytest.mark.parametrize(
    ("name", "kind", "second"),
    [("images at the centre", "images_forwarded", 6.5), ("complete with maps", "complete", 6.0)],
)
def test_what_grows_with_the_images_is_there_when_the_last_of_them_is(
    name: str, kind: str, second: float
) -> None:
    before = [entry(1.0, kind=kind), *TIMELINE]

    assert read(before)[name].at == START + timedelta(seconds=second)


def test_delays_are_printed_from_the_step_before_and_from_the_first_one() -> None:
    text = write(read_milestones(TIMELINE, facts=FACTS))
    delivered = next(line for line in text.splitlines() if "delivered" in line)

    assert "21:00:09.250" in delivered
    assert "1.25 s" in delivered
    assert "14.25 s" in delivered


def test_what_came_beside_the_case_stands_below_without_delays() -> None:
    beside = [Milestone("phantom", START, by="test, rang nobody")]

    text = write(read_milestones(TIMELINE, facts=FACTS), beside=beside)

    phantom = next(line for line in text.splitlines() if "phantom" in line)
    assert "test, rang nobody" in phantom
    assert " s " not in phantom
    assert text.index("read by the hospital") < text.index("phantom")


def write(milestones: list[Milestone], *, beside: Sequence[Milestone] = ()) -> str:
    written = StringIO()
    table = render_table(milestones, title="case 1", beside=beside)
    Console(file=written, width=120).print(table)
    return written.getvalue()
