"""Why the planning refuses what was typed, in the words of the reader's language.

The rules keep their reasons in English, as facts with figures; here each of them has its message.
One that stands nowhere here is shown as it is: better English than nothing.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, tzinfo
from types import MappingProxyType
from typing import Final

from app.web.pages import words
from app.web.pages.texts import N_, Texts

_Q = "[\"']"
_DAY = r"\d{4}-\d{2}-\d{2}"
_AT = r"\d{4}-\d{2}-\d{2}T\S+?"

_OF_SEGMENTS: Final = (
    (
        r"the segments must cut every week exactly, but (?P<inner>.+)",
        N_("the segments must cut every week exactly, but %(inner)s"),
    ),
    (
        rf"(?P<inner>.+) \(when (?P<days>{_DAY}(?: and {_DAY})*) (?:is a holiday|are holidays)\)",
        N_("%(inner)s (with a holiday on %(days)s)"),
    ),
    (r"there is no segment at all", N_("there is no segment at all")),
    (
        (
            rf"no segment covers (?P<at>{_AT}): (?P<segment>\w+) ends there and (?P<segment_2>\w+) "
            rf"begins only at (?P<at_2>{_AT})"
        ),
        N_(
            "no segment covers %(at)s: “%(segment)s” ends there and “%(segment_2)s” begins only "
            "at %(at_2)s"
        ),
    ),
    (
        rf"no segment covers (?P<at>{_AT}): all rules end before (?P<day>{_DAY})",
        N_("no segment covers %(at)s: all rules end before %(day)s"),
    ),
    (rf"no segment covers (?P<at>{_AT})", N_("no segment covers %(at)s")),
    (
        rf"(?P<segment>\w+) and (?P<segment_2>\w+) both cover (?P<at>{_AT})",
        N_("“%(segment)s” and “%(segment_2)s” both cover %(at)s"),
    ),
    (
        rf"no rule begins from (?P<day>{_DAY}) to (?P<day_2>{_DAY})",
        N_("no rule begins from %(day)s to %(day_2)s"),
    ),
    (
        (
            rf"the segments cannot change on (?P<day>{_DAY}): guards are laid out until "
            rf"(?P<day_2>{_DAY}); choose that date or a later one"
        ),
        N_(
            "the segments cannot change on %(day)s: guards are laid out until %(day_2)s; choose "
            "that date or a later one"
        ),
    ),
    (
        rf"the rule of segment {_Q}(?P<segment>\w*){_Q} names no kind of day on which it begins",
        N_("the rule of “%(segment)s” names no kind of day on which it begins"),
    ),
    (
        (
            rf"the rule of segment {_Q}(?P<segment>\w*){_Q} ends on (?P<day>{_DAY}), "
            rf"before it begins on (?P<day_2>{_DAY})"
        ),
        N_("the rule of “%(segment)s” ends on %(day)s, before it begins on %(day_2)s"),
    ),
    (
        r"a line on site needs the site, and nothing else has one",
        N_("a line on site needs the site, and nothing else has one"),
    ),
    (
        r"say on which day these rules take over",
        N_("say on which day these rules take over"),
    ),
    (
        r"the rule of segment (?P<segment>\w+) names a zone that does not exist",
        N_("the rule of “%(segment)s” names a time zone that does not exist"),
    ),
    (
        r"guards are laid out by the calendar gcs: there is no second one",
        N_("there is one calendar of guards, and no second one"),
    ),
    (
        r"the calendar (?P<code>\w+) is of kind \w+: choose another code",
        N_("there is a calendar %(code)s of another kind: choose another code"),
    ),
)
_OF_CESSIONS: Final = (
    (
        (
            rf"planning {_Q}(?P<name>.*){_Q}, which begins on (?P<day>{_DAY}), was shared and "
            rf"published as it was agreed then: choose a date after {_DAY}"
        ),
        N_(
            "planning “%(name)s”, which begins on %(day)s, was shared and published as it was "
            "agreed then: choose a later date"
        ),
    ),
    (
        r"a society cedes nothing to itself: name two societies",
        N_("a society cedes nothing to itself: name two societies"),
    ),
    (
        r"nothing is ceded: name one seat or more",
        N_("nothing is ceded: name one seat or more"),
    ),
    (
        r"an exchange names both what is given back, and how many seats of it",
        N_("an exchange names both what is given back, and how many seats of it"),
    ),
    (
        r"nothing is given back: name one seat or more, or no exchange at all",
        N_("nothing is given back: name one seat or more, or no exchange at all"),
    ),
    (
        r"(?P<segment>\w+) is exchanged for itself: name another kind to give back",
        N_("“%(segment)s” is exchanged for itself: name another kind to give back"),
    ),
    (
        rf"a cession that begins on (?P<day>{_DAY}) must end after it",
        N_("a cession that begins on %(day)s must not end before"),
    ),
    (
        rf"society \d+ is no member on (?P<day>{_DAY})",
        N_("one of the societies is no member on %(day)s"),
    ),
    (
        rf"cession \d+ ends on (?P<day>{_DAY}), before (?P<day_2>{_DAY})",
        N_("this cession ends on %(day)s, before %(day_2)s"),
    ),
    (r"cession \d+ was withdrawn before", N_("this cession was withdrawn before")),
)
_OF_ANNOUNCEMENTS: Final = (
    (
        r"this was over at .* UTC: choose a later end",
        N_("this would be over already: choose a later end"),
    ),
    (r"a period must end after it starts", N_("a period must end after it starts")),
    (
        rf"{_Q}(?P<time>.*){_Q} is too far away: a year from \d+ to \d+",
        N_("%(time)s is too far away"),
    ),
    (
        rf"{_Q}(?P<time>.*){_Q} is no time: .*",
        N_("%(time)s is no time of the calendar"),
    ),
)
_OF_CONTRACTS: Final = (
    (
        rf"the contract of site \d+ ends on (?P<day>{_DAY}), before it begins",
        N_("the contract ends on %(day)s, before it begins"),
    ),
    (
        r"a split needs the part of the referent",
        N_("a split needs the part of the referent, in per cent"),
    ),
    (
        r"the part of the referent is 100 % at most",
        N_("the part of the referent is one hundred per cent at most"),
    ),
)
_OF_ROSTERS: Final = (
    (r"the column (?P<name>.+) is missing", N_("the column %(name)s is missing")),
    (r"a column stands twice", N_("a column stands twice")),
    (
        rf"there is no column {_Q}(?P<name>.*){_Q}: .* are all",
        N_("there is no column “%(name)s” in the export"),
    ),
    (
        r"there are (?P<found>\d+) fields, not (?P<wanted>\d+)",
        N_("there are %(found)s fields, not %(wanted)s"),
    ),
    (r"there are more than (?P<most>\d+) lines", N_("there are more than %(most)s lines")),
    (
        r"there is no line below the names of the columns",
        N_("there is no line below the names of the columns"),
    ),
    (
        r"quotation marks are opened and not closed",
        N_("quotation marks are opened and not closed"),
    ),
    (
        rf"there is no seat {_Q}(?P<name>.*){_Q} in this planning",
        N_("there is no seat “%(name)s” in this planning"),
    ),
    (
        r"seat (?P<seat>\d+) stands on line (?P<line>\d+) already",
        N_("seat %(seat)s stands on line %(line)s already"),
    ),
    (
        r"seat (?P<seat>\d+) is over; what was, stays",
        N_("seat %(seat)s is over; what was, stays"),
    ),
    (
        rf"{_Q}(?P<found>.*){_Q} is not {_Q}(?P<wanted>.*){_Q}: a file only changes holders",
        N_("“%(found)s” is not “%(wanted)s”: a file only changes holders"),
    ),
    (
        rf"{_Q}(?P<found>.*){_Q} is not who is named: change radiologist, not this",
        N_("“%(found)s” is not who is named: change the column radiologist, not this one"),
    ),
    (
        rf"{_Q}(?P<name>.*){_Q} is no radiologist: .*",
        N_("“%(name)s” is no radiologist: write a family name, or an RPPS number"),
    ),
    (
        rf"{_Q}(?P<name>.*){_Q} may be (?P<named>.*): write the RPPS number",
        N_("“%(name)s” may be %(named)s: write the RPPS number"),
    ),
    (
        rf"there is no society {_Q}(?P<name>.*){_Q}, and nobody owes the seat yet",
        N_("there is no society “%(name)s”, and nobody owes the seat yet"),
    ),
)
_PATTERNS: Final = tuple(
    (re.compile(pattern, re.DOTALL), message)
    for pattern, message in (
        *_OF_SEGMENTS,
        *_OF_CESSIONS,
        *_OF_ANNOUNCEMENTS,
        *_OF_CONTRACTS,
        *_OF_ROSTERS,
    )
)


def tell_refusal(reason: str, *, texts: Texts, zone: tzinfo) -> str:
    """Say why something is refused, with instants on the wall of a zone."""
    for pattern, message in _PATTERNS:
        match = pattern.fullmatch(reason)
        if match is not None:
            values = {
                name: _write(name, value, texts=texts, zone=zone)
                for name, value in match.groupdict().items()
            }
            return texts.gettext(message, **values) if values else texts.gettext(message)
    return reason


def _write(name: str, value: str, *, texts: Texts, zone: tzinfo) -> str:
    write = _WRITERS.get(name.partition("_")[0])
    return value if write is None else write(value, texts, zone)


def _write_days(value: str, texts: Texts, _: tzinfo) -> str:
    days = value.split(" and ")
    return ", ".join(texts.format_date(date.fromisoformat(each)) for each in days)


def _write_instant(value: str, texts: Texts, zone: tzinfo) -> str:
    return texts.format_instant(datetime.fromisoformat(value), zone=zone)


def _write_segment(value: str, texts: Texts, _: tzinfo) -> str:
    return words.name(value, words.SEGMENTS, texts=texts)


def _write_inner(value: str, texts: Texts, zone: tzinfo) -> str:
    return tell_refusal(value, texts=texts, zone=zone)


_WRITERS: Mapping[str, Callable[[str, Texts, tzinfo], str]] = MappingProxyType(
    {
        "at": _write_instant,
        "day": _write_days,
        "days": _write_days,
        "inner": _write_inner,
        "segment": _write_segment,
    }
)
