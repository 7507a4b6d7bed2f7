"""What the connections of one event loop share."""

from collections.abc import MutableSet, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicom_gateway.dimse.service import Service
from dicom_gateway.ports import Reception

if TYPE_CHECKING:
    from dicom_gateway.upper_layer.connection import Connection

_MOST_SILENT = 1000
"""Connections without an association; one more ends the oldest of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timers:
    """How long a peer may take, in seconds.

    Parameters
    ----------
    artim_s
        For its request, and to close once nothing more is said (PS3.8 §9.1.5).
    idle_s
        Between two messages.
    stall_s
        For one PDU, once it has begun it, and to take our answers.
    """

    artim_s: float
    idle_s: float
    stall_s: float


@dataclass(slots=True, kw_only=True)
class Common:
    """What the connections of one event loop share.

    Parameters
    ----------
    reception
        Who decides on requests.
    services
        What is offered, the first that takes a context has it.
    timers
        How long a peer may take.
    buffer
        Where bytes are read to.
    open
        The connections that are open.
    silent
        Those of them that were never admitted, the oldest first: they ask for nothing, or do not
        leave although they were refused.
    """

    reception: Reception
    services: Sequence[Service]
    timers: Timers
    buffer: memoryview
    open: MutableSet["Connection"] = field(default_factory=set)
    silent: dict["Connection", None] = field(default_factory=dict)

    def add(self, connection: "Connection") -> None:
        """Take a new connection in; of too many that were never admitted the oldest is ended."""
        self.open.add(connection)
        self.silent[connection] = None
        if len(self.silent) > _MOST_SILENT:
            next(iter(self.silent)).abort()

    def remove(self, connection: "Connection") -> None:
        """Let go of a connection that is gone."""
        self.open.discard(connection)
        self.silent.pop(connection, None)
