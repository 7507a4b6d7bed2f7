"""Which site a study belongs to, when one sender serves several: by what its header says.

A shared PACS, or one VPN address, sends for many sites; the sender alone does not name them.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.directory.domain.criteria import RuleWithoutCriterion, check_station_name
from app.directory.domain.errors import InvalidField
from app.directory.domain.identifiers import check_ae_title

CRITERIA = ("institution_name", "issuer_of_patient_id", "station_name", "calling_ae_title")
"""What a rule may look for; at least one of them."""
_LONG_STRING_LONGEST = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteHeader:
    """What a study says of where it was made; empty where it says nothing.

    Parameters
    ----------
    calling_ae_title
        Of the association that brought it.
    """

    institution_name: str = ""
    issuer_of_patient_id: str = ""
    station_name: str = ""
    calling_ae_title: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A site, and who issues its identifiers."""

    site_id: int
    domain_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRule:
    """A rule of one sender; a criterion that is absent is not looked for.

    Parameters
    ----------
    rank
        Unique within the sender; the lowest that matches wins.
    domain_id
        Absent: as for the whole sender.
    """

    rank: int
    site_id: int
    domain_id: int | None = None
    institution_name: str | None = None
    issuer_of_patient_id: str | None = None
    station_name: str | None = None
    calling_ae_title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSite:
    """The site of a study and how it was found.

    Parameters
    ----------
    confirmed
        False when the sender has rules and none of them spoke: a person confirms the site.
    reason
        In words, free of what the header says.
    """

    site_id: int
    domain_id: int
    confirmed: bool
    reason: str


def fold(text: str) -> str:
    """Return a name without accents and case, and with single blanks between its words.

    "Hôpital  Saint-André " and "HOPITAL SAINT-ANDRE" are one; signs are kept.
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(each for each in plain if not unicodedata.combining(each))
    return " ".join(kept.casefold().split())


def matches(rule: SiteRule, header: SiteHeader) -> bool:
    """Tell whether all that the rule looks for stands in the header; a rule of nothing never does.

    Names are compared whole, folded.
    """
    wanted = {name: fold(getattr(rule, name) or "") for name in CRITERIA}
    looked_for = {name: text for name, text in wanted.items() if text}
    return bool(looked_for) and all(
        fold(getattr(header, name)) == text for name, text in looked_for.items()
    )


def find_site(header: SiteHeader, *, rules: Iterable[SiteRule], default: Place) -> FoundSite:
    """Find the site of a study.

    Parameters
    ----------
    header
        The study's.
    rules
        Of its sender, in any order; ranks are unique.
    default
        The sender's own site and domain.
    """
    known = sorted(rules, key=lambda rule: rule.rank)
    found = next((rule for rule in known if matches(rule, header)), None)
    if found is not None:
        return FoundSite(
            site_id=found.site_id,
            domain_id=found.domain_id or default.domain_id,
            confirmed=True,
            reason=f"site rule {found.rank} of the sender",
        )
    return FoundSite(
        site_id=default.site_id,
        domain_id=default.domain_id,
        confirmed=not known,
        reason="no site rule of the sender speaks: its own site" if known else "the sender's site",
    )


def check_site_criteria(values: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return what a rule looks for, without the blanks around it.

    Parameters
    ----------
    values
        By the names in `CRITERIA`; what is absent or nothing is not looked for.

    Raises
    ------
    RuleWithoutCriterion
        If it would match every study of the sender.
    InvalidField
        If a criterion is one that no study holds.
    """
    given = {name: values.get(name) for name in CRITERIA}
    if all(text is None for text in given.values()):
        message = (
            "a site rule names an institution, an issuer, a station or a calling AE title; "
            "this one names none"
        )
        raise RuleWithoutCriterion(message)
    return {name: None if text is None else _check(text, name) for name, text in given.items()}


def _check(text: str, name: str) -> str:
    if name == "station_name":
        checked = check_station_name(text)
    elif name == "calling_ae_title":
        checked = check_ae_title(text, field=name)
    else:
        checked = " ".join(text.split())
        if not 0 < len(checked) <= _LONG_STRING_LONGEST or "\\" in checked:
            message = "this name has 1 to 64 characters and no backslash, as LO has (PS3.5 §6.2)"
            raise InvalidField(name, message)
    if not fold(checked):
        raise InvalidField(name, "this name has at least one character that is compared")
    return checked
