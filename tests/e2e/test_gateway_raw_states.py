"""The gateway and PDUs at every state of an association, whether they may come then or not."""

import socket
import struct
from collections.abc import Callable

import pytest

from dicom_gateway.dimse.requests import encode_echo_request, encode_store_request
from dicom_gateway.upper_layer.associate import (
    AssociateAccept,
    encode_accept,
    encode_request,
)
from dicom_gateway.upper_layer.pdu import (
    RELEASE_RP,
    RELEASE_RQ,
    Abort,
    AbortReason,
    AbortSource,
    PduType,
    encode_abort,
    encode_p_data,
    encode_reject,
)
from tests.e2e.association import CT_IMAGE
from tests.e2e.gateway_process import GatewayProcess, wait_until
from tests.e2e.raw import (
    ECHO,
    IMAGE,
    RawPeer,
    associated,
    draw_instance_uid,
    encode_image,
    encode_store,
    encode_value,
    find_part_files,
    make_associate_request,
    wrap,
)

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("nobody_else_is_harmed")]
INVALID = Abort(AbortSource.SERVICE_PROVIDER, AbortReason.INVALID_PARAMETER_VALUE)
UNRECOGNIZED = Abort(AbortSource.SERVICE_PROVIDER, AbortReason.UNRECOGNIZED_PDU)
UNEXPECTED = Abort(AbortSource.SERVICE_PROVIDER, AbortReason.UNEXPECTED_PDU)


# What a peer has said when a PDU comes that ends the association, by the state it is in then.
COMMAND = encode_store_request(1, sop_class_uid=CT_IMAGE, sop_instance_uid="1.2.3")
STATES: dict[str, bytes] = {
    "established": b"",
    "within a command": wrap(encode_value(IMAGE, 1, COMMAND[:20])),
    "after a command": wrap(encode_value(IMAGE, 3, COMMAND)),
    "within a data set": wrap(encode_value(IMAGE, 3, COMMAND))
    + wrap(encode_value(IMAGE, 0, encode_image("1.2.3")[:300])),
    "within a large data set": wrap(encode_value(IMAGE, 3, COMMAND))
    + b"".join(
        wrap(encode_value(IMAGE, 0, part))
        for part in [encode_image("1.2.3")[:200], *[bytes(100_000)] * 12]
    ),
}


@pytest.mark.parametrize("state", STATES)
def test_a_release_is_agreed_to_whatever_is_not_whole(
    raw_gateway: GatewayProcess, state: str
) -> None:
    with associated(raw_gateway.port) as peer:
        peer.send(STATES[state])
        peer.release()
        peer.socket.shutdown(socket.SHUT_WR)

        assert peer.expect_close() == []
    assert find_part_files(raw_gateway) == []


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("source", list(AbortSource))
def test_an_abort_closes_without_an_answer(
    raw_gateway: GatewayProcess, state: str, source: AbortSource
) -> None:
    with associated(raw_gateway.port) as peer:
        peer.send(STATES[state], encode_abort(source))

        assert peer.expect_close() == []
    assert find_part_files(raw_gateway) == []


@pytest.mark.parametrize("state", STATES)
def test_a_connection_that_vanishes_leaves_nothing(raw_gateway: GatewayProcess, state: str) -> None:
    with associated(raw_gateway.port) as peer:
        peer.send(STATES[state])
        if state == "within a large data set":
            wait_until(lambda: len(find_part_files(raw_gateway)) == 1, within_s=10)
        # A reset, as when the machine behind it starts again.
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    wait_until(lambda: find_part_files(raw_gateway) == [], within_s=10)


ACCEPT = encode_accept(
    AssociateAccept(called_ae_title="ASTREINTE", calling_ae_title="CT1", contexts=())
)
UNASKED: dict[str, Callable[[], bytes]] = {
    "a request": lambda: encode_request(make_associate_request()),
    "an accept": lambda: ACCEPT,
    "a rejection": lambda: encode_reject(1, 1, 1),
    "an agreement to release": lambda: RELEASE_RP,
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", UNASKED)
def test_a_pdu_that_nobody_asked_for_ends_the_association(
    raw_gateway: GatewayProcess, state: str, name: str
) -> None:
    with associated(raw_gateway.port) as peer:
        peer.send(STATES[state], UNASKED[name]())

        assert peer.expect_abort() == UNEXPECTED


TOO_EARLY = {
    "an accept": ACCEPT,
    "a rejection": encode_reject(1, 1, 1),
    "data": encode_p_data(ECHO, command=encode_echo_request(1)),
    "a release": RELEASE_RQ,
    "an agreement to release": RELEASE_RP,
}


@pytest.mark.parametrize("name", TOO_EARLY)
def test_whatever_comes_before_the_request_is_answered_by_an_abort(
    raw_gateway: GatewayProcess, name: str
) -> None:
    with RawPeer(raw_gateway.port) as peer:
        peer.send(TOO_EARLY[name])

        assert peer.expect_abort().source == AbortSource.SERVICE_USER


def test_an_abort_before_the_request_closes(raw_gateway: GatewayProcess) -> None:
    with RawPeer(raw_gateway.port) as peer:
        peer.send(encode_abort(AbortSource.SERVICE_USER))

        assert peer.expect_close() == []


AFTERWARDS = {
    **TOO_EARLY,
    "a request": encode_request(make_associate_request()),
    "something unknown": struct.pack(">BxIxxxx", 9, 4),
}


@pytest.mark.parametrize("name", AFTERWARDS)
def test_once_it_is_released_nothing_opens_it_again(raw_gateway: GatewayProcess, name: str) -> None:
    with associated(raw_gateway.port) as peer:
        peer.release()
        peer.send(AFTERWARDS[name])
        peer.socket.shutdown(socket.SHUT_WR)

        # PS3.8 table 9-10, state 13: ignored (AA-6), or answered by one more abort (AA-7).
        assert {pdu.kind for pdu in peer.expect_close()} <= {PduType.ABORT}


@pytest.mark.parametrize("name", [*AFTERWARDS, "data of a message"])
def test_once_it_is_aborted_nothing_opens_it_again(raw_gateway: GatewayProcess, name: str) -> None:
    uid = draw_instance_uid()
    with associated(raw_gateway.port) as peer:
        peer.send(RELEASE_RP)
        peer.expect_abort()
        peer.send(AFTERWARDS.get(name, encode_store(uid)))
        peer.socket.shutdown(socket.SHUT_WR)

        assert {pdu.kind for pdu in peer.expect_close()} <= {PduType.ABORT}


def test_a_request_that_is_rejected_may_be_followed_by_anything(
    raw_gateway: GatewayProcess,
) -> None:
    with RawPeer(raw_gateway.port) as peer:
        peer.send(encode_request(make_associate_request(called_ae_title="NOBODY")))
        rejected = peer.read_pdu()
        assert rejected is not None
        assert (rejected.kind, rejected.body[1:]) == (PduType.ASSOCIATE_RJ, b"\1\1\7")
        peer.send(encode_store(draw_instance_uid()), encode_abort(AbortSource.SERVICE_USER))

        assert {pdu.kind for pdu in peer.expect_close()} <= {PduType.ABORT}
