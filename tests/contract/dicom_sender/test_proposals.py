"""What we propose when we call a node: who we are, which contexts, and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pynetdicom import (
    AE,
    PYNETDICOM_IMPLEMENTATION_UID,
    PYNETDICOM_IMPLEMENTATION_VERSION,
    StoragePresentationContexts,
    evt,
)
from pynetdicom._globals import ALL_TRANSFER_SYNTAXES

from app.adapters.dicom.pool import AssociationPool
from app.adapters.dicom.sender import PynetdicomSender
from app.delivery.domain.outcomes import Outcome
from app.delivery.domain.ports import Destination
from tests.contract.dicom_sender.nodes import TITLE, UNHURRIED
from tests.contract.dicom_sender.test_dicom_sender import get_files, send

pytestmark = pytest.mark.asyncio


@contextmanager
def serve_reader() -> Iterator[tuple[Destination, list[Any]]]:
    """Give a node that takes everything, and what each request for an association says."""
    requests: list[Any] = []
    entity = AE(ae_title=TITLE)
    entity.add_supported_context("1.2.840.10008.1.1")
    for context in StoragePresentationContexts:
        entity.add_supported_context(str(context.abstract_syntax), ALL_TRANSFER_SYNTAXES)
    handlers: list[Any] = [
        (evt.EVT_REQUESTED, lambda event: requests.append(event.assoc.requestor.primitive)),
        (evt.EVT_C_STORE, lambda _: 0),
    ]
    server: Any = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    try:
        yield Destination(TITLE, "127.0.0.1", server.server_address[1]), requests
    finally:
        server.shutdown()
        server.server_close()


async def test_each_class_is_proposed_with_the_one_syntax_of_its_files() -> None:
    sender = PynetdicomSender("ASTREINTE", UNHURRIED, pool=AssociationPool(idle_s=0))
    with serve_reader() as (to, requests):
        results = await send(sender, get_files(), to=to)

    assert {each.outcome for each in results} == {Outcome.ACCEPTED}
    (request,) = requests
    proposed = request.presentation_context_definition_list
    assert [len(each.transfer_syntax) for each in proposed] == [1] * len(proposed)
    pairs = [(each.abstract_syntax, each.transfer_syntax[0]) for each in proposed]
    assert len(set(pairs)) == len(pairs)


async def test_who_we_are_is_said_and_nothing_else_negotiated() -> None:
    sender = PynetdicomSender("ASTREINTE", UNHURRIED, pool=AssociationPool(idle_s=0))
    with serve_reader() as (to, requests):
        assert (await sender.echo(to=to)).outcome is Outcome.ACCEPTED

    (request,) = requests
    said = {type(each).__name__: each for each in request.user_information}
    assert said.keys() == {
        "MaximumLengthNotification",
        "ImplementationClassUIDNotification",
        "ImplementationVersionNameNotification",
    }
    assert said["MaximumLengthNotification"].maximum_length_received == 16_382
    uid = said["ImplementationClassUIDNotification"].implementation_class_uid
    name = said["ImplementationVersionNameNotification"].implementation_version_name
    assert (uid, name) == (PYNETDICOM_IMPLEMENTATION_UID, PYNETDICOM_IMPLEMENTATION_VERSION)
    (context,) = request.presentation_context_definition_list
    assert (context.abstract_syntax, context.transfer_syntax) == (
        "1.2.840.10008.1.1",
        ["1.2.840.10008.1.2"],
    )
    assert (request.calling_ae_title, request.called_ae_title) == ("ASTREINTE", TITLE)
