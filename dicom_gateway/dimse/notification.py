"""What a peer says beside its images: performed procedure steps, requests of commitment."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from dicom_gateway.dimse.classes import UNCOMPRESSED
from dicom_gateway.dimse.command_set import Command, CommandField
from dicom_gateway.dimse.service import AcceptedContext, Responder
from dicom_gateway.dimse.sink import Sink
from dicom_gateway.notices import (
    COMMITMENT_CLASS,
    LARGEST_DATA_SET_BYTES,
    MPPS_CLASS,
    Answer,
    Notice,
    NoticeKind,
)
from dicom_gateway.ports import AdmittedAssociation
from dicom_gateway.statuses import RESOURCE_LIMITATION
from dicom_gateway.upper_layer.associate import ProposedContext

_KINDS = {
    CommandField.N_CREATE_RQ: NoticeKind.CREATE,
    CommandField.N_SET_RQ: NoticeKind.SET,
    CommandField.N_ACTION_RQ: NoticeKind.ACTION,
}
_MOST_ASKED = 8
"""Requests of one gateway that wait for the database at a time."""


class _NotificationService:
    """One SOP class, whose requests carry a small data set."""

    sop_class_uid: str
    command_fields: frozenset[CommandField]

    def choose(self, proposed: ProposedContext, *, of: AdmittedAssociation) -> str | None:
        """Choose the first transfer syntax that is not compressed."""
        if not self.knows(proposed.abstract_syntax, of=of):
            return None
        return next((each for each in proposed.transfer_syntaxes if each in UNCOMPRESSED), None)

    def knows(self, abstract_syntax: str, *, of: AdmittedAssociation) -> bool:
        """Is it this class, and may this peer use it?"""
        raise NotImplementedError

    def begin(
        self,
        request: Command,
        *,
        context: AcceptedContext,
        of: AdmittedAssociation,
        responder: Responder,
    ) -> Sink | None:
        """Take a notice, with its data set if it has one."""

        def take(data_set: bytes) -> None:
            self.take(
                _make_notice(request, context=context, data_set=data_set),
                of=of,
                responder=responder,
            )

        if request.has_data_set:
            return _Held(take)
        take(b"")
        return None

    def take(self, notice: Notice, *, of: AdmittedAssociation, responder: Responder) -> None:
        """Answer a whole notice."""
        raise NotImplementedError


class StepService(_NotificationService):
    """Takes performed procedure steps (PS3.4 annex F)."""

    sop_class_uid = MPPS_CLASS
    command_fields = frozenset({CommandField.N_CREATE_RQ, CommandField.N_SET_RQ})

    def knows(self, abstract_syntax: str, *, of: AdmittedAssociation) -> bool:
        """Is it Modality Performed Procedure Step?"""
        return of.policy.stores and abstract_syntax == self.sop_class_uid

    def take(self, notice: Notice, *, of: AdmittedAssociation, responder: Responder) -> None:
        """Hear it, and answer at once."""
        _respond(responder, notice, of.hear(notice))


class CommitmentService(_NotificationService):
    """Takes requests of storage commitment (PS3.4 annex J); the database answers."""

    sop_class_uid = COMMITMENT_CLASS
    command_fields = frozenset({CommandField.N_ACTION_RQ})

    def __init__(self) -> None:
        self._asked: set[asyncio.Task[None]] = set()

    def knows(self, abstract_syntax: str, *, of: AdmittedAssociation) -> bool:
        """Is it Storage Commitment Push Model, and is it on for the peer's site?"""
        return of.policy.commits and abstract_syntax == self.sop_class_uid

    def take(self, notice: Notice, *, of: AdmittedAssociation, responder: Responder) -> None:
        """Ask, and answer when the database has; others go on meanwhile."""
        if len(self._asked) >= _MOST_ASKED:
            responder.respond(RESOURCE_LIMITATION)
            return

        async def ask() -> None:
            _respond(responder, notice, await of.ask(notice))

        self._start(ask())

    def _start(self, asking: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(asking)
        # The loop itself holds tasks only weakly.
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)


def _make_notice(request: Command, *, context: AcceptedContext, data_set: bytes) -> Notice:
    kind = _KINDS[CommandField(request.command_field)]
    is_creation = kind is NoticeKind.CREATE
    return Notice(
        kind=kind,
        sop_class_uid=(
            request.affected_sop_class_uid if is_creation else request.requested_sop_class_uid
        ),
        sop_instance_uid=(
            request.affected_sop_instance_uid if is_creation else request.requested_sop_instance_uid
        ),
        transfer_syntax_uid=context.transfer_syntax,
        data_set=data_set,
        action_type=request.action_type_id,
    )


def _respond(responder: Responder, notice: Notice, answer: Answer) -> None:
    # PS3.7 §10.1.5.1.4: who creates a step without a name is told the name.
    named = answer.sop_instance_uid if not notice.sop_instance_uid else ""
    responder.respond(
        answer.status,
        error_id=answer.error_id,
        affected_sop_instance_uid=named or None,
    )


class _Held:
    """Holds the data set of a notice, and a little of one that is too long."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take
        self._content = bytearray()

    def write(self, fragment: memoryview) -> None:
        """Keep the next bytes, up to where the notice will be refused."""
        room = LARGEST_DATA_SET_BYTES + 1 - len(self._content)
        self._content += fragment[: max(room, 0)]

    def finish(self) -> None:
        """Hand it over."""
        self._take(bytes(self._content))

    def give_up(self) -> None:
        """Forget it."""
        self._content.clear()
