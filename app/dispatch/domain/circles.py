"""How far the steps of a case look for readers: one rule for the platform and its simulation."""

from collections.abc import Mapping
from types import MappingProxyType

from app.cases.domain.sla import Audience, Sla
from app.dispatch.domain.policy.inputs import Circle

CIRCLES: Mapping[Audience, Circle] = MappingProxyType(
    {Audience.ON_GUARD: Circle.ON_GUARD, Audience.BACKUP: Circle.BACKUP}
)
"""How far the steps that ask readers look."""


def find_circle(sla: Sla, *, done: int) -> Circle:
    """Say how far a case is offered anew after so many steps: one that was taken stays taken."""
    reached = [CIRCLES[step.audience] for step in sla.steps[:done] if step.audience in CIRCLES]
    return reached[-1] if reached else Circle.NEAREST
