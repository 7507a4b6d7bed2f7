"""What a site may set of the steps of its cases."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cases.domain.escalation import BadEscalation, check_escalation
from app.cases.domain.priority import Priority
from app.cases.domain.sla import DEFAULTS, take_snapshot


def change(priority: str, **values: Any) -> dict[str, dict[str, Any]]:
    return {priority: DEFAULTS[Priority(priority)].to_json() | values}


def test_the_defaults_are_a_table_that_a_site_may_have() -> None:
    check_escalation({priority.value: sla.to_json() for priority, sla in DEFAULTS.items()})


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (change("P1", audience=["backup", "on_guard", "hospital"]), "order"),
        (change("P1", audience=["on_guard", "on_guard", "hospital"]), "order"),
        (change("P1", after_s=[180, 60, 360]), "longer delay"),
        (change("P1", after_slack_s=[0, 300, 120]), "longer delay"),
        (change("P1", after_s=[5, 60, 360]), "10 to"),
        (change("P1", after_slack_s=[-1, 0, 0]), "0 or more"),
        (change("P1", after_s=[60, 180, 86_401]), "86400"),
        (change("P1", aside_s=0), "10 to"),
        (change("P1", answer_s=86_401), "86400"),
        (change("P1", readers_at_once=0), "1 to 5"),
        (change("P1", readers_at_once=6), "1 to 5"),
        (change("P2", audience=[], after_s=[], after_slack_s=[]), "without any step"),
        (change("P3", after_s=[60, 120]), "slack only"),
        (
            change("P4", audience=["on_guard"], after_s=[None], after_slack_s=[0]),
            "never rings",
        ),
    ],
)
def test_a_table_that_calls_people_wrongly_is_refused(
    table: dict[str, dict[str, Any]], says: str
) -> None:
    with pytest.raises(BadEscalation, match=says):
        check_escalation(table)


@given(
    st.lists(st.integers(10, 86_400), min_size=3, max_size=3),
    st.lists(st.integers(0, 86_400), min_size=3, max_size=3),
)
def test_whatever_is_in_order_is_taken_and_is_what_a_case_gets(
    after_s: list[int], slack_s: list[int]
) -> None:
    table = change("P2", after_s=sorted(after_s), after_slack_s=sorted(slack_s))

    check_escalation(table)

    sla = take_snapshot(Priority.P2, site_minutes={}, site_escalation=table)
    assert [step.after and step.after.total_seconds() for step in sla.steps] == sorted(after_s)
