"""What planners type of people: dates with their last day, parts of a full time, who else."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.kit.errors import Invalid
from app.planning.domain.authorisations import AuthorisedAs
from app.planning.domain.dated import Dates

Typed = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
TypedDay = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
_FIRST_YEAR, _LAST_YEAR = 2000, 2099
_DAY = timedelta(days=1)
_FULL_TIME, _THOUSANDTHS_OF_A_PERCENT = 1000, 10


class NoDate(Invalid):
    """What was typed is no date of our years."""


class NoFile(Invalid):
    """Nobody chose a file."""


class NoPart(Invalid):
    """What was typed is no part of a full time."""


class Form(BaseModel):
    """A form of one radiologist."""

    model_config = ConfigDict(frozen=True)

    def repeat(self) -> dict[str, str]:
        """Give the fields as they were typed."""
        return {name: str(value) for name, value in self.model_dump(mode="json").items()}


class DatesForm(Form):
    """From a first day to a last one; empty: open."""

    first: TypedDay
    last: TypedDay | Annotated[str, Field(max_length=0)] = ""

    def read_dates(self) -> Dates:
        """Read the dates.

        Raises
        ------
        NoDate, NoDay
            If one of them is none, or the last comes before the first.
        """
        until = _read_day(self.last) + _DAY if self.last else None
        return Dates(_read_day(self.first), until)


class WorkingTimeForm(DatesForm):
    """Which part of a full time somebody works, in per cent."""

    percent: Annotated[str, Field(max_length=10)]

    def read_fte(self) -> int:
        """Read the part, in thousandths.

        Raises
        ------
        NoPart
            If it is not from 0.1 to 100 per cent, with one decimal at most.
        """
        text = self.percent.strip().replace(",", ".")
        if not (text.isascii() and text.replace(".", "", 1).isdigit()):
            raise NoPart("a part of a full time is a number of per cent such as 80 or 62.5")
        thousandths = Decimal(text) * _THOUSANDTHS_OF_A_PERCENT
        if thousandths != int(thousandths) or not 1 <= thousandths <= _FULL_TIME:
            raise NoPart("a part of a full time is from 0.1 to 100 %, with one decimal at most")
        return int(thousandths)


class AuthorisationForm(DatesForm):
    """By which act somebody from outside may hold seats opened to them."""

    kind: AuthorisedAs
    reference: Annotated[Typed, Field(min_length=1)]


class EndForm(Form):
    """The last day on which something holds."""

    last: TypedDay

    def read_end(self) -> date:
        """Read the first date on which it holds no more.

        Raises
        ------
        NoDate
            If it is none.
        """
        return _read_day(self.last) + _DAY


class PairForm(Form):
    """With whom somebody is never on guard."""

    other: Annotated[Typed, Field(min_length=1)]


class PracticeForm(Form):
    """By which statute somebody works, and what they are able to read."""

    statute: Typed
    skills: list[Typed] = Field(default_factory=list, max_length=200)
    another: Typed = ""

    def repeat(self) -> dict[str, str]:
        """Give the fields as they were typed; what was ticked is ticked by its own name."""
        ticked = {f"skill:{each}": "yes" for each in self.skills}
        return {"statute": self.statute, "another": self.another, **ticked}


def _read_day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise NoDate(f"{text!r} is no date: write it as 2026-12-24") from error
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise NoDate(f"{text!r} is too far away: a year from {_FIRST_YEAR} to {_LAST_YEAR}")
    return day
