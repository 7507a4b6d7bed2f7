"""Associations as the pages show them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from app.directory.domain.addresses import is_inside
from app.directory.models import Sender, Site
from app.intake.domain.arrival import ContextSeen
from app.intake.domain.negotiated import (
    StatusCount,
    Taken,
    WhyRefused,
    explain_refused_context,
    read_contexts,
    read_statuses,
)
from app.intake.domain.throughput import Throughput, measure_throughput
from app.intake.models import Association
from app.settings import Settings
from app.web.uids import name_uid


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A UID with its name; a private one has no other."""

    uid: str
    name: str

    @property
    def is_named(self) -> bool:
        """Does the standard know it?"""
        return self.name != self.uid


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextShown:
    """A presentation context: what was proposed, what was taken, or why nothing was."""

    abstract_syntax: Named
    proposed: tuple[Named, ...]
    accepted: Named | None
    why: WhyRefused | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociationShown:
    """One line of the log."""

    row: Association
    sender_name: str | None
    """Nothing: nobody is registered for it."""
    outcome: str
    speed: Throughput | None
    lasted: timedelta | None
    """From the opening to the end."""
    refused_classes: tuple[Named, ...]
    """Of the contexts that were refused, each class once."""

    @property
    def is_bad(self) -> bool:
        """Did it not end as it should?"""
        return self.outcome in {"refused", "aborted", "lost"}

    @property
    def statuses(self) -> tuple[StatusCount, ...]:
        """The failures with which images were answered."""
        return read_statuses(self.row.reason)


def show_uid(uid: str) -> Named:
    """Show a UID with its name."""
    return Named(uid=uid, name=name_uid(uid))


def show_association(row: Association, *, names: Mapping[int, str]) -> AssociationShown:
    """Show an association.

    Parameters
    ----------
    names
        Of the senders that who looks may see, by id.
    """
    contexts = read_contexts(row.contexts)
    refused = dict.fromkeys(each.abstract_syntax for each in contexts if each.accepted is None)
    return AssociationShown(
        row=row,
        sender_name=None if row.sender_id is None else names.get(row.sender_id, "?"),
        outcome=row.outcome or "open",
        speed=measure_throughput(
            opened_at=row.opened_at,
            last_message_at=row.last_message_at,
            images=row.instance_count + row.refused_count,
            received_bytes=row.received_bytes,
        ),
        lasted=None if row.closed_at is None else row.closed_at - row.opened_at,
        refused_classes=tuple(show_uid(each) for each in refused),
    )


def show_contexts(row: Association, *, taken: Taken) -> tuple[ContextShown, ...]:
    """Show what was proposed: the refused ones first, each group in the order of the peer."""
    contexts = read_contexts(row.contexts)
    ordered = sorted(contexts, key=lambda each: each.accepted is not None)
    return tuple(_show_context(each, taken=taken) for each in ordered)


def _show_context(context: ContextSeen, *, taken: Taken) -> ContextShown:
    refused = context.accepted is None
    return ContextShown(
        abstract_syntax=show_uid(context.abstract_syntax),
        proposed=tuple(show_uid(each) for each in context.proposed),
        accepted=None if context.accepted is None else show_uid(context.accepted),
        why=explain_refused_context(context, taken=taken) if refused else None,
    )


def read_taken(sender: Sender | None, site: Site | None) -> Taken:
    """Read what is taken from a sender, as it is set now."""
    if sender is None or site is None:
        return Taken()
    return Taken(
        sop_classes=tuple(sender.sop_classes),
        transfer_syntaxes=tuple(sender.transfer_syntaxes),
        commits=site.commitment_days is not None and sender.endpoint_id is not None,
    )


def find_owners(address: str, senders: Iterable[Sender]) -> list[Sender]:
    """Find the senders that an address belongs to, whatever title called from it."""
    return [each for each in senders if is_inside(address, networks=each.addresses)]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnEntry:
    """The exact values that a modality has to call us with."""

    ae_title: str
    titles: tuple[str, ...]
    """All that we answer to: our own, "urgent", "prior"."""
    host: str | None
    """Nothing: we listen on every address of this machine."""
    port: int
    tls_port: int | None


def describe_own_entry(settings: Settings) -> OwnEntry:
    """Describe where we listen, as it is configured."""
    host = settings.dicom_bind.host
    title = settings.ae_title
    return OwnEntry(
        ae_title=title,
        # DESIGN §8: a second destination is the one signal that any console can send.
        titles=(title, f"{title}_P1", f"{title}_ANT"),
        host=None if host in {"0.0.0.0", "::"} else host,  # noqa: S104 - compared, never bound
        port=settings.dicom_bind.port,
        tls_port=None if settings.dicom_tls_bind is None else settings.dicom_tls_bind.port,
    )


class Heard(StrEnum):
    """What came of a sender since somebody waits for its echo."""

    NOTHING = "nothing"
    ECHO = "echo"
    """It was here, and its echo was answered."""
    OPEN = "open"
    """It is here; what it does is known when it leaves."""
    NO_ECHO = "no_echo"
    """It was here, and sent no echo."""
    REFUSED = "refused"


def judge_heard(rows: Sequence[Association]) -> Heard:
    """Judge what came, newest first: an echo that was answered counts, whatever came after it."""
    if not rows:
        return Heard.NOTHING
    if any(each.echo_count for each in rows):
        return Heard.ECHO
    latest = rows[0].outcome
    if latest is None:
        return Heard.OPEN
    return Heard.REFUSED if latest == "refused" else Heard.NO_ECHO
