"""Rules of the telephone: what a logged call must say, and when it confirms a finding."""

from dataclasses import dataclass
from enum import StrEnum

from app.kit.errors import Invalid
from app.reports.domain.versions import check_line

READ_BACK = "read back"
"""The outcome of the task of a critical finding that was confirmed."""

LONGEST_NUMBER = 60
"""Characters of a telephone number, with an extension or a desk."""


class CallOutcome(StrEnum):
    """How a call ended."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    LEFT_MESSAGE = "left_message"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMade:
    """A telephone call as its caller tells it.

    Attributes
    ----------
    told_to
        Who was reached; empty when nobody was.
    read_back
        They said it again, and it was right.
    task_id
        The critical finding, or other task, that it was made for.
    result
        A first result that was told; empty: none.
    """

    number: str
    outcome: CallOutcome
    told_to: str = ""
    read_back: bool = False
    note: str = ""
    task_id: int | None = None
    result: str = ""

    @property
    def reached(self) -> bool:
        """Was somebody reached?"""
        return self.outcome is CallOutcome.REACHED

    @property
    def confirms(self) -> bool:
        """Does it confirm the critical finding that it was made for? A message never does."""
        return self.reached and self.read_back


def check_call(call: CallMade) -> None:
    """Refuse a call that contradicts itself or leaves out who was told.

    Raises
    ------
    Invalid
        Naming what is missing or wrong.
    """
    check_line(call.number, name="the number called")
    if len(call.number) > LONGEST_NUMBER or not any(each.isdigit() for each in call.number):
        raise Invalid(f"write the number called in digits, {LONGEST_NUMBER} characters at most")
    if call.note:
        check_line(call.note, name="the note")
    if call.reached:
        check_line(call.told_to, name="who was told")
        if call.result:
            check_line(call.result, name="what was said")
        return
    if call.told_to or call.read_back or call.result:
        raise Invalid("nobody was reached: then nobody was told, and nothing was read back")
