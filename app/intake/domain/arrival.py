"""One instance that has arrived, as the index takes it."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from app.intake.domain.attributes import Attributes

GATEWAY_ENDED = "gateway_ended"
"""Reason of associations that were open when their gateway died: nobody counted their instances."""
STALLED, SILENT, TAKES_NO_ANSWER = "stalled", "silent", "takes_no_answer"
MALFORMED, GATEWAY_STOPS = "malformed", "gateway_stops"
"""Reasons of associations that we ended: the peer stopped within a PDU, or between two messages;
did not take our answers; spoke nonsense; or we were told to stop."""

UNKNOWN_CALLING = "unknown_calling"
"""Mark of associations by a title that nobody has, from an address that a sender has."""
LET_IN = "pass"
"""Mark of associations by such a title that a person let in for some hours."""
EXPIRED_CERTIFICATE = "expired_certificate"
"""Mark of associations over TLS with a known certificate that expired some days ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivedInstance:
    """An acknowledged instance with all that travelled in its file.

    Parameters
    ----------
    arrived_at
        Aware; by the clock of the gateway's host.
    digest
        SHA-256 of the data set as received, 32 bytes.
    size_bytes
        Of the whole file.
    path
        Where the file will lie, relative to the data folder.
    mark
        How its association was admitted when the title was no sender's; else missing.
    """

    arrival_id: uuid.UUID
    association_id: uuid.UUID
    sender_id: int
    calling_ae_title: str
    called_ae_title: str
    address: str
    arrived_at: datetime
    transfer_syntax_uid: str
    attributes: Attributes
    digest: bytes
    size_bytes: int
    path: str
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class ContextSeen:
    """A presentation context that a peer proposed.

    Parameters
    ----------
    accepted
        The transfer syntax that we took; missing when we refused the context.
    """

    abstract_syntax: str
    proposed: tuple[str, ...]
    accepted: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociationSeen:
    """What the journal says of one association: its start, its end, or its refusal.

    Parameters
    ----------
    opened_at, closed_at
        Aware; the end is missing while it is open.
    outcome
        `released`, `aborted`, `lost` or `refused`; missing while it is open.
    instance_count
        Instances acknowledged with success.
    mark
        `UNKNOWN_CALLING`, `LET_IN`, `EXPIRED_CERTIFICATE`, or nothing: how it was admitted.
    refused_count
        Instances answered with a failure.
    received_bytes
        Of data sets, refused ones too.
    last_message_at
        Aware; when the last message was answered.
    implementation
        Version name of the peer, or else its implementation class UID.
    max_pdu_bytes
        The longest that the peer takes; 0: any.
    contexts
        What was proposed and what we took.
    certificate_name, certificate_not_after
        Of the client certificate, over TLS; the instant is aware.
    """

    association_id: uuid.UUID
    sender_id: int | None
    calling_ae_title: str
    called_ae_title: str
    address: str
    opened_at: datetime
    closed_at: datetime | None = None
    outcome: str | None = None
    reason: str | None = None
    instance_count: int = 0
    mark: str | None = None
    refused_count: int = 0
    echo_count: int = 0
    received_bytes: int = 0
    last_message_at: datetime | None = None
    implementation: str | None = None
    max_pdu_bytes: int | None = None
    contexts: tuple[ContextSeen, ...] = ()
    certificate_name: str | None = None
    certificate_not_after: datetime | None = None
