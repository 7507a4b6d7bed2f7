from app.cases.domain.priority import Priority
from app.cases.domain.sla import DEFAULTS
from app.dispatch.domain.circles import find_circle
from app.dispatch.domain.policy import Circle


def test_a_case_is_offered_anew_as_far_as_its_steps_had_reached() -> None:
    sla = DEFAULTS[Priority.P2]

    assert [find_circle(sla, done=done) for done in range(4)] == [
        Circle.NEAREST,
        Circle.ON_GUARD,
        Circle.BACKUP,
        Circle.BACKUP,
    ]
