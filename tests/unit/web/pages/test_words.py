"""Reasons and timelines in words: what the rules can say, the pages can say in French."""

from datetime import UTC, datetime, timedelta

import pytest

from app.cases.domain.priority import Priority, PriorityRule, StudyHeader, find_urgency
from app.cases.domain.sla import Audience
from app.cases.domain.states import TRANSITIONS, CaseState
from app.cases.domain.timeline import EventKind
from app.dispatch.domain.policy import CaseToRead, Circle, Line, Reader, Ring, decide
from app.indicators.views import Grouping, Milestone
from app.kit.interval import Interval
from app.reports.domain.versions import Means
from app.web.pages import words
from app.web.pages.texts import texts_of
from app.web.pages.timeline import write_timeline
from app.worklist.views.case import EventView

FRENCH, ENGLISH = texts_of("fr"), texts_of("en")
NOW = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)


def make_event(**overrides: object) -> EventView:
    values: dict[str, object] = {
        "at": NOW,
        "kind": "moved",
        "by_name": None,
        "state_from": None,
        "state_to": None,
        "reason": "",
        "detail": {},
    }
    return EventView(**(values | overrides))  # type: ignore[arg-type]


def test_every_state_audience_milestone_and_means_has_a_name() -> None:
    assert set(words.STATES) == {state.value for state in CaseState}
    assert set(words.AUDIENCES) == {each.value for each in Audience}
    assert set(words.MILESTONES) == {each.value for each in Milestone}
    assert set(words.GROUPINGS) == {each.value for each in Grouping}
    assert set(words.MEANS) == {each.value for each in Means}


@pytest.mark.parametrize(
    ("state_from", "state_to"),
    [
        *sorted({(start.value, end.value) for (start, _), end in TRANSITIONS.items()}),
        (None, "open"),
    ],
)
def test_every_possible_move_is_a_sentence(state_from: str | None, state_to: str) -> None:
    event = make_event(state_from=state_from, state_to=state_to)

    (french,) = write_timeline((event,), texts=FRENCH)
    (english,) = write_timeline((event,), texts=ENGLISH)

    assert state_to not in {french.text, english.text}
    assert french.text != english.text


@pytest.mark.parametrize("kind", [each for each in EventKind if each is not EventKind.MOVED])
def test_every_kind_of_fact_is_a_sentence(kind: EventKind) -> None:
    reason = "backup" if kind is EventKind.WIDENED else ""
    event = make_event(kind=kind.value, reason=reason, detail={"instances": 3})

    (entry,) = write_timeline((event,), texts=FRENCH)

    assert entry.text not in {kind.value, reason}


def test_what_a_person_typed_stays_as_it_is() -> None:
    assert words.translate_reason("Appelée en salle; 2e fois", texts=FRENCH) == (
        "Appelée en salle; 2e fois"
    )


def test_reasons_of_completeness_are_translated_one_by_one() -> None:
    reason = "silent 60 s (CT); silent 120 s (US)"

    assert words.translate_reason(reason, texts=FRENCH) == (
        "aucune image depuis 60 s (CT); aucune image depuis 120 s (US)"
    )


def test_every_reason_of_a_priority_is_translated() -> None:
    rule = PriorityRule(rank=3, priority=Priority.P2, modality="MR")
    headers = [("A_P1", "CT"), ("A_ANT", "CT"), ("A", "MR"), ("A", "CT")]
    reasons = [
        find_urgency(
            StudyHeader(
                called_ae_title=called,
                sender_id=1,
                modalities=frozenset({modality}),
                station_name="",
                study_description="",
            ),
            rules=[rule],
            ae_title="A",
        ).reason
        for called, modality in headers
    ]

    assert untranslated(reasons) == []


def untranslated(reasons: list[str]) -> list[str]:
    return [reason for reason in reasons if words.translate_reason(reason, texts=FRENCH) == reason]


def make_reader(radiologist_id: int, **overrides: object) -> Reader:
    values: dict[str, object] = {
        "radiologist_id": radiologist_id,
        "line": Line.FIRST,
        "guard": Interval(NOW - timedelta(hours=1), NOW + timedelta(hours=1)),
        "ring": Ring.REFERENT,
        "may_read_site": True,
        "claims": 1,
        "nominations": 2,
        "claims_last_hour": 0,
        "hourly_cap": 5,
    }
    return Reader(**(values | overrides))  # type: ignore[arg-type]


def test_every_reason_of_a_decision_is_translated() -> None:
    case = CaseToRead(
        case_id=1, priority="P2", signed_due_at=NOW + timedelta(hours=1), readers_at_once=1
    )
    readers = [
        make_reader(1),
        make_reader(2, ring=Ring.TERRITORY, line=Line.BACKUP),
        make_reader(3, ring=Ring.GCS, line=Line.COORDINATOR),
        make_reader(4, claims_last_hour=9),
        make_reader(5, has_declined=True),
        make_reader(6, may_read_site=False),
    ]

    decision = decide(case, readers=readers, circle=Circle.BACKUP, now=NOW)

    reasons = [reason for each in decision.ranking for reason in each.reasons]
    reasons += [each.reason for each in decision.excluded]
    assert len(set(reasons)) >= 7
    assert untranslated(reasons) == []
