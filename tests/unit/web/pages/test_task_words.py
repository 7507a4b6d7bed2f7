"""Tasks in words: one sentence a kind, the right number to call, and never a broken page."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.tasks.domain.kinds import TaskKind
from app.web.pages.task_words import TaskShown, write_task
from app.web.pages.texts import Texts, texts_of
from app.worklist.views.tasks import TaskView

NOW = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
FRENCH, ENGLISH = texts_of("fr"), texts_of("en")


def make_task(kind: str, **changes: Any) -> TaskView:
    values: dict[str, Any] = {
        "task_id": 1,
        "kind": kind,
        "subject": "case:12",
        "case_id": 12,
        "site_id": 3,
        "site_name": "CH de Périgueux",
        "telephone_emergency": "0553000001",
        "telephone_ct": "0553000002",
        "zone": "Europe/Paris",
        "radiologist_id": 5,
        "radiologist_name": "Anna Lindqvist",
        "detail": {},
        "raised_at": NOW,
        "rung_count": 1,
    }
    return TaskView(**(values | changes))


def write(task: TaskView, *, texts: Texts = ENGLISH, for_site: bool = False) -> TaskShown:
    return write_task(task, texts=texts, radiologist_id=5, for_site=for_site)


@pytest.mark.parametrize("kind", TaskKind)
@pytest.mark.parametrize("for_site", [False, True])
def test_every_kind_is_a_sentence_in_both_languages_whatever_it_knows(
    kind: TaskKind,
    for_site: bool,  # noqa: FBT001
) -> None:
    bare = make_task(kind, case_id=None, site_id=None, site_name=None, detail={"request": None})

    english = write(bare, for_site=for_site).text
    french = write(bare, texts=FRENCH, for_site=for_site).text

    assert kind.value not in {english, french}
    assert english != french
    assert "%(" not in english + french


@pytest.mark.parametrize("texts", [FRENCH, ENGLISH])
@pytest.mark.parametrize(
    "kind",
    [
        TaskKind.CHECK_IN_MISSING,
        TaskKind.RELIEF_MISSING,
        TaskKind.HANDOVER_OFFERED,
        TaskKind.HANDOVER_OPEN,
    ],
)
def test_who_is_missing_or_leaves_is_named_not_who_is_told(kind: TaskKind, texts: Texts) -> None:
    detail = {"reader": "Dr Bruno Martel", "start": "20:00", "end": "08:00", "count": 1}

    text = write(make_task(kind, detail=detail), texts=texts).text

    assert text.startswith("Dr Bruno Martel")
    assert "Anna" not in text


def test_one_thing_and_several_are_handed_over_in_grammar() -> None:
    texts = [
        write(make_task(TaskKind.HANDOVER_OFFERED, detail={"count": count})).text
        for count in (1, 2)
    ]

    assert "hands 1 thing over to you: accept it" in texts[0]
    assert "hands 2 things over to you: accept them" in texts[1]


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (TaskKind.CRITICAL_CALL, "0553000001"),
        (TaskKind.CALL_SITE, "0553000001"),
        (TaskKind.ASK_FOR_IMAGES, "0553000002"),
        (TaskKind.ASSOCIATION_REFUSED, "0553000002"),
    ],
)
def test_the_emergency_room_is_called_about_results_and_the_console_about_images(
    kind: TaskKind, number: str
) -> None:
    assert write(make_task(kind)).telephones == (number,)


def test_a_number_that_the_task_tells_goes_first_and_the_hospital_calls_nobody() -> None:
    task = make_task(TaskKind.ASK_FOR_IMAGES, detail={"telephone": "0600000000"})

    assert write(task).telephones == ("0600000000",)
    assert write(task, for_site=True).telephones == ()


def test_an_address_of_several_hospitals_has_a_number_for_each() -> None:
    task = make_task(
        TaskKind.ASSOCIATION_REFUSED,
        site_id=None,
        site_name=None,
        telephone_ct=None,
        detail={"site": "A / B", "telephone_ct": "0553000003 / 0553000004"},
    )

    assert write(task).telephones == ("0553000003", "0553000004")
    assert write(task).text.startswith("A / B: ")


def test_a_task_leads_to_its_request_its_case_or_the_disk() -> None:
    assert write(make_task(TaskKind.LATE_IMAGES)).href == "/cases/12"
    request = make_task(TaskKind.ASK_FOR_IMAGES, subject="request:7", case_id=None)
    assert write(request).href == "/requests/7"
    assert write(make_task(TaskKind.DISK, subject="disk", case_id=None)).href == "/disk"


@pytest.mark.parametrize("kind", (TaskKind.GAP, TaskKind.GUARD_CANCELLED))
def test_a_gap_leads_to_its_month_of_the_planning(kind: TaskKind) -> None:
    about = {"subject": "seat:4", "case_id": None}

    dated = make_task(kind, detail={"start": "2026-12-24 18:30"}, **about)
    assert write(dated).href == "/planning?month=2026-12"
    assert write(make_task(kind, **about)).href == "/planning?month="


def test_the_disk_says_when_it_will_be_full() -> None:
    task = make_task(
        TaskKind.DISK,
        detail={"free_bytes": 42 * 10**9, "full_at": "2026-11-23T04:00:00+00:00"},
    )

    assert write(task).text == (
        "The disk has 42 GB left and will be full on Nov 23, 2026: make room."
    )


def test_only_a_word_that_is_enough_settles() -> None:
    assert write(make_task(TaskKind.LATE_IMAGES)).by_word
    assert not write(make_task(TaskKind.CRITICAL_CALL)).by_word
    assert not write(make_task(TaskKind.NO_NODE), for_site=True).by_word


def test_a_refused_call_leads_whoever_reads_the_log_to_its_line_there() -> None:
    refused = make_task(
        TaskKind.ASSOCIATION_REFUSED,
        subject="sender:3:CT9@10.1.2.3",
        case_id=None,
        detail={"association": "0190c0de-0000-7000-8000-000000000001"},
    )

    shown = write_task(refused, texts=ENGLISH, radiologist_id=None, for_site=False, reads_log=True)

    assert shown.href == "/settings/associations/0190c0de-0000-7000-8000-000000000001"
    assert write(refused).href is None
