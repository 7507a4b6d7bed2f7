"""Words of people as rosters know them: statutes, rules, what was refused."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType

from babel.numbers import format_decimal

from app.directory.domain import InvalidField, PermissionDenied
from app.kit.errors import AppError
from app.planning.domain.authorisations import AuthorisedAs
from app.planning.domain.dated import DatesOverlap, EndedAlready, NoDay
from app.planning.domain.errors import NameNotClear
from app.planning.domain.roster.profile import Profile
from app.planning.service.busy_sessions import BusyFileRefused, NotTheBusyPreview
from app.planning.service.incompatibilities import IncompatibilityStands, WithThemselves
from app.web.api.busy_sessions import NobodysCalendar
from app.web.pages.people_forms import NoDate, NoFile, NoPart
from app.web.pages.texts import N_, Texts

_HOUR = timedelta(hours=1)
_PERCENT_OF_THOUSANDTHS = 10

STATUTES: Mapping[str, str] = MappingProxyType(
    {"liberal": N_("liberal"), "hospital": N_("hospital practitioner")}
)
AUTHORISED_AS: Mapping[AuthorisedAs, str] = MappingProxyType(
    {
        AuthorisedAs.OUTSIDE: N_("outside reader"),
        AuthorisedAs.HOSPITAL: N_("hospital radiologist"),
    }
)
REFUSALS: Mapping[type[AppError], str] = MappingProxyType(
    {
        DatesOverlap: N_("Another one holds on some of these dates: end that one first."),
        NoDay: N_(
            "The last day comes before the first: choose a later one, or delete what was written "
            "by mistake."
        ),
        EndedAlready: N_("This ends sooner already: write what holds from then on."),
        NoDate: N_("One of the dates is none, or too far away."),
        NoPart: N_("A part of a full time is from 0.1 to 100 %, with one decimal at most."),
        IncompatibilityStands: N_("These two are kept apart already."),
        WithThemselves: N_("Nobody is kept apart from themselves: name somebody else."),
        NobodysCalendar: N_("This is a calendar: say whose it is."),
        NoFile: N_("Choose a file first."),
        BusyFileRefused: N_("The file has faults by now: look at it again."),
        NotTheBusyPreview: N_("This is not the file that was shown: look at it again."),
        PermissionDenied: N_(
            "This is about somebody of another society: only who writes for both may do it."
        ),
        InvalidField: N_("At most 20 sub-specialties, and each on one line."),
    }
)
"""What the pages catch: said where it was typed."""


def explain(error: AppError, *, texts: Texts) -> str:
    """Say why something was refused."""
    if isinstance(error, NameNotClear):
        if not error.candidates:
            return texts.gettext("Nobody has this name: type a family name, or an RPPS number.")
        named = "; ".join(f"{each.family_name} {each.given_name}" for each in error.candidates)
        return texts.gettext(
            "It may be %(names)s: type the given name too, or the RPPS number.", names=named
        )
    words = next((REFUSALS[each] for each in type(error).__mro__ if each in REFUSALS), None)
    return error.message if words is None else texts.gettext(words)


def write_percent(fte: int, *, texts: Texts) -> str:
    """Write a part of a full time, in thousandths, as per cent with one decimal at most."""
    percent = Decimal(fte) / _PERCENT_OF_THOUSANDTHS
    return f"{format_decimal(percent, format='#,##0.#', locale=texts.locale)} %"


def write_rules(profile: Profile, *, texts: Texts) -> list[str]:
    """Write the rules of a statute by which guards are given, the shortest way."""
    _ = texts.gettext
    rules = [
        _("rest %(hours)s h", hours=_count_hours(profile.rest)),
        _(
            "%(hours)s h after a duty above %(long)s h",
            hours=_count_hours(profile.rest_after_long),
            long=_count_hours(profile.long_duty),
        ),
        _(
            "%(hours)s h a week on average over %(weeks)s weeks",
            hours=_count_hours(profile.most_hours),
            weeks=profile.over_weeks,
        ),
        _(
            "%(most)s weekends of %(of)s at most",
            most=profile.most_weekends,
            of=profile.of_weekends,
        ),
    ]
    if profile.most_hours_in_7_days is not None:
        rules.append(
            _("%(hours)s h in seven days", hours=_count_hours(profile.most_hours_in_7_days))
        )
    if profile.most_consecutive_nights is not None:
        rules.append(_("%(most)s nights in a row at most", most=profile.most_consecutive_nights))
    if profile.most_nights_in_28_days is not None:
        rules.append(_("%(most)s nights in 28 days at most", most=profile.most_nights_in_28_days))
    return rules


def name_statute(statute: str, *, texts: Texts) -> str:
    """Name a statute; one of the group's own keeps its name."""
    return texts.gettext(STATUTES[statute]) if statute in STATUTES else statute


def _count_hours(duration: timedelta) -> str:
    return f"{duration / _HOUR:g}"
