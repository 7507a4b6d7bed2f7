"""A set of rules as it is typed into the form of a calendar, row by row."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from pydantic import ValidationError
from starlette.datastructures import FormData

from app.kit.errors import Invalid
from app.planning.domain.segments import DayKind, SegmentRule
from app.web.api.segments import RuleBody, read_rule
from app.web.pages.rule_words import FIELDS
from app.web.pages.texts import N_, Texts

BLANK_ROWS = 2
MOST_RULES = 50
_WHOLE = ("seats_needed", "backup_seats", "coordinator_seats", "least_societies")
_DAY = timedelta(days=1)
_ONE_POINT = 1000

Row = Mapping[str, object]
"""What was typed of a rule, by field; `days` is a list."""


def read_rules(form: FormData) -> list[Row]:
    """Read the rows of a form in their order; one without a code is left out."""
    rows: list[Row] = []
    for number in range(MOST_RULES + BLANK_ROWS):
        if form.get(f"{number}-code") is None:
            break
        row: dict[str, object] = {
            name: str(form.get(f"{number}-{name}", "")).strip() for name in FIELDS
        }
        row["days"] = [str(each) for each in form.getlist(f"{number}-days")]
        if row["code"]:
            rows.append(row)
    return rows


def read_since(text: str) -> date:
    """Read the day on which a set takes over.

    Raises
    ------
    Invalid
        If it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("say on which day these rules take over") from None


def find_flaws(rows: Sequence[Row], *, texts: Texts) -> list[str]:
    """Say which fields of which rules cannot be read."""
    flaws = []
    for number, row in enumerate(rows, start=1):
        try:
            _validate(row)
        except ValidationError as error:
            names = dict.fromkeys(str(each["loc"][0]) for each in error.errors())
            labels = ", ".join(texts.gettext(FIELDS[name]) for name in names)
            told = texts.gettext(
                N_("Rule %(number)s cannot be read: %(fields)s"), number=number, fields=labels
            )
            flaws.append(told)
    return flaws


def write_rules(rows: Sequence[Row], *, since: date, zone: str) -> list[SegmentRule]:
    """Make the rules of rows that can be read.

    Raises
    ------
    Invalid
        If one names a zone that does not exist, or a part is out of its range.
    """
    return [read_rule(_validate(row), since=since, zone=zone) for row in rows]


def _validate(row: Row) -> RuleBody:
    """Read a row by the same rules as the API.

    Raises
    ------
    ValidationError
        If a field cannot be read.
    """
    # What is left empty is as it is without a word.
    told: dict[str, object] = {name: value for name, value in row.items() if value != ""}
    told["skills"] = [each.strip() for each in str(row["skills"]).split(",") if each.strip()]
    if "points" in told:
        told["points"] = _read_points(str(told["points"]))
    for name in ("starts", "ends"):
        told[name] = str(row[name])
    if row["until"]:
        told["until"] = _day_after(str(row["until"]))
    return RuleBody.model_validate(told)


def _read_points(text: str) -> object:
    """Read points as thousandths; what is no number stays, and is refused by its name."""
    whole, _, part = text.replace(",", ".").partition(".")
    is_number = whole.isdecimal() and (part.isdecimal() or not part) and len(part) <= 3  # noqa: PLR2004 - thousandths
    return int(whole) * _ONE_POINT + int(part.ljust(3, "0") or 0) if is_number else text


def _day_after(text: str) -> object:
    try:
        return date.fromisoformat(text) + _DAY
    except (ValueError, OverflowError):
        return text


def show_rule(rule: SegmentRule) -> Row:
    """Write a rule as it would be typed."""
    return {
        "code": rule.segment,
        "days": [each.value for each in DayKind if each in rule.days],
        "starts": f"{rule.start:%H:%M}",
        "ends": f"{rule.end:%H:%M}",
        "until": "",
        "seats_needed": str(rule.needed.readers),
        "backup_seats": str(rule.needed.backups),
        "coordinator_seats": str(rule.needed.coordinators),
        "points": f"{rule.points / _ONE_POINT:g}",
        "skills": ", ".join(sorted(rule.skills)),
        "least_societies": str(rule.least_societies),
        "zone": rule.zone.key,
    }
