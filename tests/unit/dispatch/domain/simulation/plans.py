"""Plans of nights to draw."""

from datetime import date
from zoneinfo import ZoneInfo

from app.dispatch.domain.simulation.plan import Plan, Stress


def make_plan(*stresses: Stress, studies: float = 125.0) -> Plan:
    return Plan(
        first=date(2026, 1, 5),
        zone=ZoneInfo("Europe/Paris"),
        studies=studies,
        stresses=frozenset(stresses),
    )
