"""The reasons of dispatch: why a reader stands where they stand, and why others were left out."""

from typing import Final

from app.web.pages.texts import N_

_TIED: Final = r"as soon as others: society (?P<exams>[\d.]+) exams"
_POINTS: Final = r"(?P<points>-?[\d.]+) points too many"

DISPATCH_REASONS: Final[tuple[tuple[str, str], ...]] = (
    (r"validated the request", N_("validated the request")),
    (
        r"(?P<read>\d+) being read, (?P<offered>\d+) offered: (?P<ahead>\d+) min ahead",
        N_("%(read)s being read, %(offered)s offered: %(ahead)s min ahead"),
    ),
    (r"reads it in (?P<minutes>\d+) min", N_("reads it in %(minutes)s min")),
    (r"images there in (?P<minutes>\d+) min", N_("images there in %(minutes)s min")),
    (r"referent society: (?P<near>[\d.]+) min nearer", N_("referent society: %(near)s min nearer")),
    (r"territory society: (?P<near>[\d.]+) min nearer", N_("same territory: %(near)s min nearer")),
    (
        r"(?:gcs|outside) society: (?P<near>[\d.]+) min nearer",
        N_("further off: %(near)s min nearer all the same"),
    ),
    (
        r"outside reader: (?P<far>[\d.]+) min further",
        N_("from outside the group: %(far)s min further"),
    ),
    (
        r"(?:referent|territory|gcs) reader: (?P<far>[\d.]+) min further",
        N_("further off: %(far)s min further"),
    ),
    (r"sub-specialty: (?P<near>[\d.]+) min nearer", N_("sub-specialty: %(near)s min nearer")),
    (
        r"(?P<waited>\d+) min waited: (?P<lost>\d+) min of that count no more",
        N_("the case has waited %(waited)s min: %(lost)s min of that count no more"),
    ),
    (
        rf"{_TIED} short of its share, {_POINTS}",
        N_(
            "as soon as others: the society has read %(exams)s exams fewer than its share on this "
            "guard, the reader has %(points)s points too many"
        ),
    ),
    (
        rf"{_TIED} beyond its share, {_POINTS}",
        N_(
            "as soon as others: the society has read %(exams)s exams more than its share on this "
            "guard, the reader has %(points)s points too many"
        ),
    ),
    (r"called from the backup line", N_("called from the backup line")),
    (r"called from the coordinator line", N_("the coordinator, called as a reader")),
    (r"reads more than their hourly cap", N_("reads more than their hourly cap")),
    (r"guard ends within minutes", N_("their guard ends within minutes")),
    (r"takes no new work", N_("takes no new case for now")),
    (r"has released this case", N_("has given this case back, or gave no sign of it")),
    (
        r"has not the sub-specialty asked for",
        N_("has not the sub-specialty that the exam asks for"),
    ),
    (r"may not read for this site", N_("may not read for this site")),
    (r"is gone from their workstation", N_("is not at their workstation")),
    (r"is called to a site", N_("is called to a site")),
)
"""A reason of `app.dispatch.domain.policy`, and the message that says it."""
