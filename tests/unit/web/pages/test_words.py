"""Reasons and timelines in words: what the rules can say, the pages can say in French."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.cases.domain.intervals import Milestone
from app.cases.domain.priority import Priority, PriorityRule, StudyHeader, find_urgency
from app.cases.domain.sla import Audience
from app.cases.domain.states import TRANSITIONS, CaseState
from app.cases.domain.timeline import EventKind
from app.dispatch.domain.policy import (
    DEFAULTS,
    CaseToRead,
    Circle,
    Line,
    Reader,
    Ring,
    decide,
)
from app.dispatch.domain.policy.filters import AWAY, FILTERS
from app.dispatch.domain.presence import PresenceState
from app.indicators.views import Grouping
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
        "ahead_minutes": 45.0,
        "claims_last_hour": 0,
        "hourly_cap": 5,
    }
    return Reader(**(values | overrides))  # type: ignore[arg-type]


def test_every_reason_of_a_decision_is_translated() -> None:
    case = CaseToRead(
        case_id=1,
        priority="P2",
        signed_due_at=NOW + timedelta(hours=1),
        readers_at_once=1,
        owner_id=1,
        waiting_since=NOW - timedelta(minutes=4),
        region="head",
    )
    readers = [
        make_reader(1, society_deficit=2.0, sub_specialties=("neuro",), transfer_minutes=9),
        make_reader(2, ring=Ring.TERRITORY, line=Line.BACKUP, points=-1500),
        make_reader(3, ring=Ring.GCS, line=Line.COORDINATOR, society_deficit=-1.0),
        make_reader(4, claims_last_hour=9),
        make_reader(5, has_declined=True),
        make_reader(6, may_read_site=False),
        make_reader(7, is_called_to_site=True),
        make_reader(8, ring=Ring.OUTSIDE),
        make_reader(9, presence=PresenceState.GONE),
        make_reader(10, presence=PresenceState.NO_NEW_WORK),
        make_reader(11, guard=Interval(NOW - timedelta(hours=1), NOW + timedelta(minutes=5))),
        *(make_reader(12 + at, society_deficit=at - 1.5, points=500) for at in range(3)),
    ]

    decision = decide(case, readers=readers, circle=Circle.BACKUP, now=NOW)

    reasons = [reason for each in decision.ranking for reason in each.reasons]
    reasons += [each.reason for each in decision.excluded]
    filters = {name for name, _ in FILTERS} | set(AWAY)
    reasons += filters
    assert filters - {each.reason for each in decision.excluded} == {
        "has not the sub-specialty asked for"
    }
    assert untranslated(reasons) == []


def test_every_figure_of_nearness_is_translated() -> None:
    case = CaseToRead(
        case_id=1, priority="P2", signed_due_at=NOW + timedelta(hours=1), readers_at_once=1
    )
    readers = [make_reader(at, ring=ring) for at, ring in enumerate(Ring, start=1)]
    reasons = [
        reason
        for minutes in (12.5, -12.5)
        for each in decide(
            case,
            readers=readers,
            circle=Circle.NEAREST,
            now=NOW,
            parameters=replace(
                DEFAULTS, affinity=dict(DEFAULTS.affinity) | {"P2": dict.fromkeys(Ring, minutes)}
            ),
        ).ranking
        for reason in each.reasons
    ]

    assert sum("nearer" in reason or "further" in reason for reason in reasons) == 2 * len(Ring)
    assert untranslated(reasons) == []
