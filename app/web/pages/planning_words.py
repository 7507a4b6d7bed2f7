"""Words of the planning's pages: rules of work, what is missing, how bad it is."""

from collections.abc import Mapping
from types import MappingProxyType

from app.planning.domain.coverage import Lack
from app.planning.domain.roster.profile import Rule
from app.planning.domain.validator import Severity
from app.web.pages.texts import N_

LACKS: Mapping[Lack, str] = MappingProxyType(
    {
        Lack.READER: N_("no reader for a site"),
        Lack.COORDINATOR: N_("no coordinator"),
        Lack.BACKUP: N_("no backup"),
    }
)
SEVERITIES: Mapping[Severity, str] = MappingProxyType(
    {
        Severity.IMPOSSIBLE: N_("Impossible: these must be mended first"),
        Severity.HARD: N_("Breaks a rule of work: publish only if you accept it and say why"),
        Severity.SOFT: N_("Accepted by the statutes, at a price"),
    }
)
RULES: Mapping[Rule, str] = MappingProxyType(
    {
        Rule.OUTSIDE_GUARD: N_("hours outside the guard"),
        Rule.TWO_HOLDERS: N_("two holders of one seat"),
        Rule.UNKNOWN_RADIOLOGIST: N_("an unknown radiologist"),
        Rule.NOT_MEMBER: N_("no member of the society"),
        Rule.OVERLAP: N_("two seats at once"),
        Rule.ABSENCE: N_("an absence"),
        Rule.BUSY: N_("a session elsewhere"),
        Rule.SITE: N_("a site they may not read for"),
        Rule.SKILL: N_("a sub-specialty that the seat needs"),
        Rule.INCOMPATIBLE: N_("two who are never on guard together"),
        Rule.REST: N_("rest between guards"),
        Rule.LONG_DUTY: N_("the longest duty"),
        Rule.HOURS: N_("hours a week over months"),
        Rule.WEEK_HOURS: N_("hours in seven days"),
        Rule.CONSECUTIVE_NIGHTS: N_("nights in a row"),
        Rule.NIGHTS: N_("nights in four weeks"),
        Rule.WEEKENDS: N_("weekends"),
        Rule.NOTICE: N_("notice of a change"),
        Rule.SOCIETIES: N_("too few societies on one guard"),
        Rule.GUARD_SKILL: N_("a sub-specialty that the guard needs"),
    }
)
