"""Words of calendars and their rules."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType

from app.planning.domain.calendars import BILLING, GUARDS, PDSES, CalendarKind
from app.planning.domain.segments import EVERY_DAY, WORKDAYS, DayKind
from app.planning.domain.sharing.postings import CreditRule
from app.planning.domain.special_days import SpecialDay
from app.web.pages.texts import N_, Texts
from app.web.pages.words import SEGMENTS

KINDS: Mapping[CalendarKind, str] = MappingProxyType(
    {
        CalendarKind.GUARD: N_("guards: every instant has one segment"),
        CalendarKind.HOURS: N_("hours: they say what an instant is"),
        CalendarKind.ON_SITE: N_("a line on site"),
    }
)
DAY_KINDS: Mapping[DayKind, str] = MappingProxyType(
    {
        DayKind.MONDAY: N_("Monday"),
        DayKind.TUESDAY: N_("Tuesday"),
        DayKind.WEDNESDAY: N_("Wednesday"),
        DayKind.THURSDAY: N_("Thursday"),
        DayKind.FRIDAY: N_("Friday"),
        DayKind.SATURDAY: N_("Saturday"),
        DayKind.SUNDAY: N_("Sunday"),
        DayKind.HOLIDAY: N_("holidays"),
        DayKind.BRIDGE: N_("bridge days"),
    }
)
SPECIAL_DAYS: Mapping[SpecialDay, str] = MappingProxyType(
    {
        SpecialDay.CHRISTMAS: N_("Christmas, from 18:00 the day before"),
        SpecialDay.NEW_YEAR: N_("New Year, from 18:00 the day before"),
        SpecialDay.FIRST_OF_MAY: N_("1 May"),
        SpecialDay.ASSUMPTION: N_("15 August"),
    }
)
CREDITS: Mapping[CreditRule, str] = MappingProxyType(
    {
        CreditRule.GIVER: N_("the society that gives it away"),
        CreditRule.TAKER: N_("the society that takes it"),
    }
)
CALENDARS: Mapping[str, str] = MappingProxyType(
    {
        GUARDS: N_("Guards"),
        PDSES: N_("On-call care (PDSES)"),
        BILLING: N_("Billing at night and on rest days"),
    }
)
"""Names of the calendars that a group starts with, while nobody has given them another."""
HOURS: Mapping[str, str] = MappingProxyType(
    {
        **SEGMENTS,
        "night": N_("Night"),
        "saturday": N_("Saturday afternoon"),
        "rest_day": N_("Sundays and holidays"),
    }
)
FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "code": N_("Code"),
        "days": N_("Days on which it begins"),
        "starts": N_("Begins"),
        "ends": N_("Ends"),
        "until": N_("Last day (empty: open)"),
        "seats_needed": N_("Readers"),
        "backup_seats": N_("Backup"),
        "coordinator_seats": N_("Coordinators"),
        "points": N_("Points"),
        "skills": N_("Sub-specialties, by comma"),
        "least_societies": N_("Societies at least"),
        "zone": N_("Time zone"),
    }
)
"""What is typed of a rule, in the order of the page."""


def write_days(days: AbstractSet[DayKind], *, texts: Texts) -> str:
    """Write kinds of day in the fewest words."""
    if days >= EVERY_DAY:
        rest, said = days - EVERY_DAY, [texts.gettext(N_("every day"))]
    elif days >= WORKDAYS:
        rest, said = days - WORKDAYS, [texts.gettext(N_("Monday to Friday"))]
    else:
        rest, said = days, []
    return ", ".join([*said, *(texts.gettext(DAY_KINDS[each]) for each in DayKind if each in rest)])
