"""A site's own steps and delays, as callers write them."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from app.cases.domain.escalation import LONGEST_S, MOST_READERS
from app.web.schemas import Body

Seconds = Annotated[int, Field(ge=0, le=LONGEST_S)]


class StepBody(Body):
    """Who is asked of an unclaimed case, by whichever of its two clocks comes first."""

    audience: Literal["on_guard", "backup", "hospital"]
    after_s: Seconds | None = None
    """Since it was offered, while nobody has said that they have seen it; none: not by this."""
    after_slack_s: Seconds = 0
    """Since it can no longer be read in time."""


class EscalationBody(Body):
    """What happens to a case of one priority that nobody takes, or whose reader gives no sign."""

    readers_at_once: Annotated[int, Field(ge=1, le=MOST_READERS)] = 1
    steps: Annotated[list[StepBody], Field(max_length=3)] = Field(default_factory=list)
    aside_s: Seconds
    """How long its reader may put it aside at most."""
    answer_s: Seconds
    """How long its reader, and then the coordinator, may take to answer."""


def write_table(bodies: Mapping[Any, EscalationBody]) -> dict[str, dict[str, Any]]:
    """Write what the table of sites keeps, by priority."""
    return {
        str(priority): {
            "readers_at_once": body.readers_at_once,
            "audience": [step.audience for step in body.steps],
            "after_s": [step.after_s for step in body.steps],
            "after_slack_s": [step.after_slack_s for step in body.steps],
            "aside_s": body.aside_s,
            "answer_s": body.answer_s,
        }
        for priority, body in bodies.items()
    }


def read_table(table: Mapping[str, Mapping[str, Any]]) -> dict[str, EscalationBody]:
    """Read what `write_table` wrote."""
    return {
        priority: EscalationBody(
            readers_at_once=kept["readers_at_once"],
            steps=[
                StepBody(audience=audience, after_s=after, after_slack_s=after_slack)
                for audience, after, after_slack in zip(
                    kept["audience"], kept["after_s"], kept["after_slack_s"], strict=True
                )
            ],
            aside_s=kept["aside_s"],
            answer_s=kept["answer_s"],
        )
        for priority, kept in table.items()
    }
