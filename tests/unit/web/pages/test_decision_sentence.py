"""Each decision is one sentence, in both languages, that names whom and says why."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.dispatch.domain.policy import DEFAULTS, CaseToRead, Circle, Line, Reader, Ring, decide
from app.dispatch.domain.policy.stored import write_answer, write_inputs
from app.web.pages.case_decisions import write_decisions
from app.web.pages.decision_sentence import write_sentence
from app.web.pages.texts import texts_of
from app.worklist.views.case import DecisionView
from tests.factories.policy import GUARD, NIGHT, make_case, make_reader

FRENCH, ENGLISH = texts_of("fr"), texts_of("en")
NAMES = {1: "Ada Martin", 2: "Bo Petit", 3: "Cy Roux"}


def view(
    *readers: Reader,
    case: CaseToRead | None = None,
    circle: Circle = Circle.NEAREST,
    cause: str = "due",
) -> DecisionView:
    asked = case or make_case()
    decision = decide(asked, readers=readers, circle=circle, now=NIGHT)
    ranking, exclusions = write_answer(decision)
    return DecisionView(
        at=NIGHT,
        cause=cause,
        rule_version=decision.rule_version,
        inputs=write_inputs(asked, readers=readers, circle=circle, parameters=DEFAULTS, now=NIGHT),
        ranking=ranking,
        exclusions=exclusions,
        next_deadline=decision.next_deadline,
    )


ONE, TWO, THREE = (
    make_reader(1, ahead_minutes=4.0),
    make_reader(2, ahead_minutes=9.0),
    make_reader(3),
)


@pytest.mark.parametrize(
    ("decision", "english"),
    [
        (view(), "Nobody was on guard: whom to ask is decided anew every few seconds."),
        (
            view(ONE, TWO),
            "Offered to Ada Martin, who can have read it soonest: in about 19 min.",
        ),
        (
            view(ONE, make_reader(2, ring=Ring.REFERENT, ahead_minutes=9.0)),
            (
                "Offered to Bo Petit, nearer to the hospital or more at home with such an exam: "
                "read in about 24 min, where Ada Martin would have needed about 19 min."
            ),
        ),
        (
            view(THREE, make_reader(2, society_deficit=2.0)),
            (
                "Offered to Bo Petit: others could have read it as soon, in about 15 min, but this "
                "society is shorter of its share of this guard, or this reader has fewer points."
            ),
        ),
        (
            view(ONE, TWO, case=make_case(owner_id=2)),
            "Offered to Bo Petit first, who validated the request and is on guard.",
        ),
        (
            view(ONE, TWO, THREE, case=make_case("P1", readers_at_once=2)),
            (
                "Life is at stake: offered to Cy Roux, Ada Martin at once, who can have read it "
                "soonest, in about 15 min."
            ),
        ),
        (
            view(ONE, TWO, circle=Circle.ON_GUARD, cause="step on_guard"),
            "Offered to the whole first line (2): nobody had taken it in time.",
        ),
        (
            view(ONE, make_reader(2, line=Line.BACKUP), circle=Circle.BACKUP, cause="step backup"),
            (
                "Offered to the backup line and the coordinator too (2 in all): nobody had taken "
                "it in time."
            ),
        ),
        (
            view(make_reader(2, line=Line.BACKUP)),
            "Offered to Bo Petit: nobody of the first line is at hand.",
        ),
        (
            view(ONE, cause="reassigned by hand"),
            "The coordinator named the reader; by the rules it would have been Ada Martin.",
        ),
    ],
)
def test_a_decision_says_whom_it_asked_and_why(decision: DecisionView, english: str) -> None:
    french = write_sentence(decision, names=NAMES, texts=FRENCH)

    assert write_sentence(decision, names=NAMES, texts=ENGLISH) == english
    assert french != english
    assert "%(" not in french


def test_the_page_shows_the_minutes_until_the_report_and_when_it_is_looked_at_again() -> None:
    (shown,) = write_decisions([view(ONE, TWO)], names=NAMES, texts=ENGLISH)

    assert [(each.name, each.minutes) for each in shown.ranking] == [
        ("Ada Martin", "19"),
        ("Bo Petit", "24"),
    ]
    assert shown.again_at == GUARD.end


def test_a_decision_of_before_without_these_figures_has_its_sentence_too() -> None:
    old: dict[str, Any] = {
        "inputs": {"case": {"priority": "P2", "owner_id": None}, "circle": "nearest"},
        "ranking": {
            "nominees": [1],
            "readers": [{"radiologist_id": 1, "score_minutes": 12.5, "reasons": []}],
        },
        "exclusions": {"readers": [], "dropped_filters": []},
    }
    decision = DecisionView(
        at=datetime(2026, 10, 1, tzinfo=UTC),
        cause="due",
        rule_version="2026-11-3",
        next_deadline=None,
        **old,
    )

    assert write_sentence(decision, names=NAMES, texts=ENGLISH) == (
        "Offered to Ada Martin, who can have read it soonest: in about 12 min."
    )


def test_of_many_who_are_asked_three_are_named() -> None:
    readers = [make_reader(number) for number in range(1, 7)]
    decision = view(*readers, case=make_case("P1", readers_at_once=5))

    assert "Ada Martin, Bo Petit, Cy Roux +2 at once" in write_sentence(
        decision, names=NAMES, texts=ENGLISH
    )
