"""A node that asked for storage commitment, and takes reports by pynetdicom."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pydicom import Dataset
from pynetdicom import AE, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StorageCommitmentPushModel,
    Verification,
)

from app.kit.clock import read_monotonic_s

EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"


@dataclass
class FakeAsker:
    """What the node was told, and how it answers.

    Parameters
    ----------
    status
        What it answers each report with.
    says_roles
        Does it answer which role we may have: ours, as asked for?
    knows_class
        Does it know the class at all?
    syntaxes
        Those that it accepts.
    """

    status: int = 0
    says_roles: bool = True
    knows_class: bool = True
    syntaxes: tuple[str, ...] = (EXPLICIT, IMPLICIT)
    ae_title: str = "CT1"
    reports: list[tuple[int, Dataset]] = field(default_factory=list)
    """Event type and information of each report."""
    callers: list[tuple[str, str]] = field(default_factory=list)
    """Of each association: who called whom."""
    told_s: list[float] = field(default_factory=list)
    """When it was, by the monotonic clock."""
    instances: list[str] = field(default_factory=list)
    """Affected SOP Instance UID of each report."""

    def note(self, event: evt.Event) -> None:
        """Note an association."""
        request = event.assoc.requestor.primitive
        assert request is not None
        self.callers.append((request.calling_ae_title, request.called_ae_title))

    def take(self, event: evt.Event) -> tuple[int, None]:
        """Take a report."""
        self.told_s.append(read_monotonic_s())
        self.reports.append((event.event_type or 0, event.event_information))
        self.instances.append(str(getattr(event.request, "AffectedSOPInstanceUID", "")))
        return self.status, None


@contextmanager
def serve_asker(asker: FakeAsker, *, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Let the node listen on loopback, over TLS when there is a context; give its port."""
    entity = AE(asker.ae_title)
    entity.require_called_aet = True
    entity.add_supported_context(Verification)
    if asker.knows_class:
        entity.add_supported_context(
            StorageCommitmentPushModel,
            list(asker.syntaxes),
            # Of who calls; nothing: roles are unknown to it.
            scu_role=False if asker.says_roles else None,
            scp_role=True if asker.says_roles else None,
        )
    handlers: list[Any] = [(evt.EVT_N_EVENT_REPORT, asker.take), (evt.EVT_REQUESTED, asker.note)]
    server = entity.start_server(
        ("127.0.0.1", 0), block=False, ssl_context=context, evt_handlers=handlers
    )
    assert server is not None
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
