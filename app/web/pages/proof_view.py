"""Why a society has its guards, in sentences and tables, for the page and for paper."""

import re
from collections.abc import Iterable
from datetime import datetime, tzinfo
from decimal import Decimal

from babel.numbers import format_decimal

from app.planning.domain.printed import PrintedPage, PrintedTable
from app.planning.domain.seats import KindOfSeat, SeatKind
from app.planning.domain.sharing.shares import MILLION
from app.planning.service.proofs import ProofShown
from app.web.pages import words
from app.web.pages.texts import N_, Texts

CLASSES = {
    "monday_to_thursday": N_("Monday to Thursday"),
    "friday": N_("Friday"),
    "saturday": N_("Saturday"),
    "sunday": N_("Sunday"),
}
SPECIAL = {
    "christmas": N_("Christmas"),
    "new_year": N_("New Year"),
    "first_of_may": N_("1 May"),
    "assumption": N_("15 August"),
}
ENTRIES = {
    "opening": N_("opening balance"),
    "entitled": N_("entitled"),
    "allotted": N_("given"),
    "ceded": N_("ceded"),
    "exchanged": N_("exchanged"),
    "loan": N_("loan"),
    "swap": N_("swap"),
    "correction": N_("correction"),
    "cancelled": N_("cancelled guard"),
    "reinforcement": N_("reinforcement"),
    "settled": N_("settled"),
}
_EXACT = "#,##0.######"
_CAUSES = (
    (re.compile(r"planning (?P<planning>\d+)"), N_("planning %(planning)s")),
    (re.compile(r"seat (?P<seat>\d+)"), N_("seat %(seat)s")),
    (
        re.compile(r"swap (?P<swap>\d+), seat (?P<seat>\d+)"),
        N_("swap %(swap)s, seat %(seat)s"),
    ),
)
"""What an entry is for, as the account writes it, and the message that says it."""


class ProofWriter:
    """Writes a proof in a language; numbers of guards are exact to the millionth."""

    def __init__(self, shown: ProofShown, *, texts: Texts, zone: tzinfo) -> None:
        self._shown = shown
        self._proof = shown.proof
        self._texts = texts
        self._zone = zone

    def write(self, *, now: datetime) -> PrintedPage:
        """Write the whole page."""
        _ = self._texts.gettext
        return PrintedPage(
            title=_("Why we have these guards"),
            subtitle=f"{self._proof.name} · {self._shown.shown.planning.name}",
            language=self._texts.language,
            made_at=now,
            made=_("Made %(time)s", time=self._texts.format_instant(now, zone=self._zone)),
            sentences=tuple(self._say()),
            tables=(
                self._write_volumes(),
                self._write_kinds(),
                self._write_classes(),
                self._write_special(),
                self._write_entries(),
            ),
        )

    def _say(self) -> Iterable[str]:
        _, proof = self._texts.gettext, self._proof
        yield _(
            "%(name)s brought %(volume)s of %(total)s: a share of %(share)s.",
            name=proof.name,
            volume=proof.volume,
            total=proof.of_volume,
            share=f"{self._write(100 * proof.share)} %",
        )
        yield _(
            "It was entitled to %(entitled)s guards and has %(seats)s; %(closing)s are carried on.",
            entitled=self._write(proof.entitled),
            seats=proof.seats,
            closing=self._write(proof.closing),
        )
        if proof.spread.at is not None:
            yield _(
                "The farthest from exact at any date was %(deviation)s of a guard, on %(time)s.",
                deviation=self._write(proof.spread.millionths),
                time=self._texts.format_instant(proof.spread.at, zone=self._zone),
            )
        reads = self._shown.reads
        if reads is not None:
            yield _(
                "In the months counted it brought %(brought)s exams; its radiologists read "
                "%(read)s, of which %(others)s for other societies.",
                brought=reads.brought,
                read=reads.read,
                others=reads.read_for_others,
            )
        yield from self._say_departed()
        yield (
            _("Worked out again from the exported tables, every number is the same.")
            if self._shown.is_confirmed
            else _("Worked out again from the exported tables, a number differs: tell the planner.")
        )

    def _say_departed(self) -> Iterable[str]:
        for each in self._shown.shown.departed:
            # The day is what makes them departed.
            day = "" if each.left is None else self._texts.format_date(each.left)
            yield self._texts.gettext(
                "After these guards were published it was said that %(name)s leaves on %(day)s: "
                "they are counted as they were shared; to share the rest anew, make a new draft.",
                name=each.name,
                day=day,
            )

    def _write_volumes(self) -> PrintedTable:
        _ = self._texts.gettext
        members = self._shown.shown.period.members
        shares = {each.society: each.share for each in self._shown.shown.sharing.cells}
        return PrintedTable(
            title=_("Volumes and shares"),
            header=(_("Society"), _("Volume"), _("Share")),
            rows=tuple(
                (each.name, str(each.volume), self._write(shares.get(each.id, 0)))
                for each in sorted(members, key=lambda each: (-each.volume, each.name))
            ),
            note=_("Shares are whole millionths and sum to exactly one."),
        )

    def _write_kinds(self) -> PrintedTable:
        _ = self._texts.gettext
        return PrintedTable(
            title=_("Guards by kind"),
            header=(
                _("Kind"),
                _("Of"),
                _("Balance before"),
                _("Ceded"),
                _("Right"),
                _("Has"),
                _("Balance after"),
                _("Farthest from exact"),
            ),
            rows=tuple(
                (
                    self._name(each.of),
                    str(each.of_seats),
                    self._write(each.opening),
                    self._write(each.ceded),
                    self._write(each.entitled),
                    str(each.seats),
                    self._write(each.closing),
                    self._write(each.spread.millionths),
                )
                for each in self._proof.cells
            ),
            note=_("Right = share x guards + balance before + ceded; balance after = right - has."),
        )

    def _write_classes(self) -> PrintedTable:
        _ = self._texts.gettext
        return PrintedTable(
            title=_("Days of the week"),
            header=(_("Kind"), _("Days"), _("Right"), _("Has"), _("Balance after")),
            rows=tuple(
                (
                    self._name(each.of),
                    _(CLASSES[each.days]),
                    self._write(each.entitled),
                    str(each.seats),
                    self._write(each.closing),
                )
                for each in self._proof.classes
            ),
        )

    def _write_special(self) -> PrintedTable:
        _ = self._texts.gettext
        return PrintedTable(
            title=_("Special days, over five years"),
            header=(_("Day"), _("Right"), _("Has"), _("Balance after")),
            rows=tuple(
                (
                    _(SPECIAL.get(each.day, each.day)),
                    self._write(each.entitled),
                    str(each.seats),
                    self._write(each.closing),
                )
                for each in self._proof.special
            ),
        )

    def _write_entries(self) -> PrintedTable:
        _ = self._texts.gettext
        return PrintedTable(
            title=_("Entries of the account"),
            header=(_("Entry"), _("Kind"), _("Date"), _("Guards"), _("For")),
            rows=tuple(
                (
                    _(ENTRIES[each.entry]),
                    self._name(each.of),
                    self._texts.format_date(each.on),
                    self._write(each.millionths),
                    self._name_cause(each.cause),
                )
                for each in self._shown.entries
                if each.counter == "guard"
            ),
            note=_("Above zero the society is owed guards, below zero it owes them."),
        )

    def _write(self, millionths: int) -> str:
        return write_millionths(millionths, texts=self._texts)

    def _name_cause(self, cause: str) -> str:
        for pattern, message in _CAUSES:
            if found := pattern.fullmatch(cause):
                return self._texts.gettext(message, **found.groupdict())
        return cause

    def _name(self, of: KindOfSeat) -> str:
        line = "coordinator" if of.kind is SeatKind.COORDINATOR else of.line.value
        segment = words.name(of.segment, words.SEGMENTS, texts=self._texts)
        return f"{segment}, {words.name(line, words.LINES, texts=self._texts).lower()}"


def write_millionths(millionths: int, *, texts: Texts) -> str:
    """Write millionths as a number of guards, exactly, without needless zeros."""
    return format_decimal(Decimal(millionths) / MILLION, format=_EXACT, locale=texts.locale)
