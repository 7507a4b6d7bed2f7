"""Sets of rules of a site: what may stand in one, and what it would have done last month."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType

from app.directory.domain.criteria import check_modality, check_station_name, check_words
from app.directory.domain.errors import InvalidField
from app.directory.domain.identifiers import check_ae_title
from app.intake.domain.classes import ClassRule, IntakeClass

MOST_RULES = 50
_LONGEST_PATTERN = 64
_MOST_STARS = 5
_OLDEST_HOURS = 24 * 366 * 10
_CRITERIA = frozenset(field.name for field in fields(ClassRule)) - {"intake_class"}
WARN_ABOVE_PCT = 90
"""A set that makes more of last month's studies than this no cases is saved on confirmation."""


def _check_pattern(text: str, *, field: str) -> str:
    pattern = " ".join(text.split())
    if not 0 < len(pattern) <= _LONGEST_PATTERN or pattern.count("*") > _MOST_STARS:
        message = (
            f"a pattern has 1 to {_LONGEST_PATTERN} characters and at most {_MOST_STARS} stars"
        )
        raise InvalidField(field, message)
    if not re.search(r"\w", pattern):
        raise InvalidField(field, "a pattern has at least one letter or digit")
    return pattern


def _check_number(value: object, *, field: str, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise InvalidField(field, f"a whole number from 1 to {most}")
    return value


def _check_key(value: object, *, field: str) -> int:
    return _check_number(value, field=field, most=2**63 - 1)


def _check_hours(value: object, *, field: str) -> int:
    return _check_number(value, field=field, most=_OLDEST_HOURS)


def _text(check: Callable[..., str]) -> Callable[..., str]:
    def check_text(value: object, *, field: str) -> str:
        if not isinstance(value, str):
            raise InvalidField(field, "a text")
        return check(value, field=field)

    return check_text


_CHECKS: Mapping[str, Callable[..., int | str]] = MappingProxyType(
    {
        "called_ae_title": _text(check_ae_title),
        "calling_ae_title": _text(check_ae_title),
        "sender_id": _check_key,
        "modality": _text(check_modality),
        "words": _text(check_words),
        "older_than_hours": _check_hours,
        "patient_id": _text(_check_pattern),
        "patient_name": _text(_check_pattern),
        "station_name": _text(check_station_name),
    }
)


def check_rules(raw: Sequence[Mapping[str, object]]) -> tuple[ClassRule, ...]:
    """Return the rules of a set, in their order.

    Parameters
    ----------
    raw
        By the names of `ClassRule`'s fields; what is nothing is not looked for.

    Raises
    ------
    InvalidField
        Naming the rule, from 0, and the field: an unknown one, a value that no study has, a rule
        that looks for nothing, or more than 50 rules.
    """
    if len(raw) > MOST_RULES:
        raise InvalidField("rules", f"a site has at most {MOST_RULES} rules")
    return tuple(_check_rule(each, place=f"rules.{number}") for number, each in enumerate(raw))


def _check_rule(raw: Mapping[str, object], *, place: str) -> ClassRule:
    if unknown := sorted(raw.keys() - _CRITERIA - {"intake_class"}):
        raise InvalidField(f"{place}.{unknown[0]}", "a rule has no such field")
    try:
        intake_class = IntakeClass(str(raw.get("intake_class")))
    except ValueError:
        message = f"a class is one of {', '.join(IntakeClass)}"
        raise InvalidField(f"{place}.intake_class", message) from None
    given = {name: value for name, value in raw.items() if name in _CRITERIA and value is not None}
    if not given:
        raise InvalidField(place, "a rule looks for one thing at least; this one for none")
    checked = {name: _CHECKS[name](value, field=f"{place}.{name}") for name, value in given.items()}
    return ClassRule(intake_class=intake_class, **checked)  # type: ignore[arg-type]


def write_rules(rules: Iterable[ClassRule]) -> list[dict[str, object]]:
    """Write rules as they are kept and sent: what is not looked for is left out."""
    return [
        {name: value for name, value in asdict(rule).items() if value is not None} for rule in rules
    ]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a set would have done to the studies of the last days.

    Parameters
    ----------
    before, after
        How many studies each class has; every class is named.
    changed
        How many would have another class.
    """

    before: Mapping[IntakeClass, int]
    after: Mapping[IntakeClass, int]
    changed: int

    @property
    def examined(self) -> int:
        """How many studies there were."""
        return sum(self.after.values())

    @property
    def is_suspicious(self) -> bool:
        """Does it make nearly all studies no cases, and more than before?"""
        lost, lost_before = (
            self.examined - counts[IntakeClass.CASE] for counts in (self.after, self.before)
        )
        return lost > lost_before and lost * 100 > self.examined * WARN_ABOVE_PCT


def compare_classes(pairs: Iterable[tuple[IntakeClass, IntakeClass]]) -> Effect:
    """Count what becomes of studies; each is its class before and its class after."""
    known = list(pairs)
    before, after = (Counter(each) for each in zip(*known, strict=True)) if known else ({}, {})
    return Effect(
        before={each: before.get(each, 0) for each in IntakeClass},
        after={each: after.get(each, 0) for each in IntakeClass},
        changed=sum(one is not other for one, other in known),
    )
