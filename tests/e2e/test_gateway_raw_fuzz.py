"""The gateway and thousands of associations that are not quite ones: it loses and leaks nothing."""

import random
import socket
import struct
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from operator import le

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dicom_gateway.dimse.command_set import CommandField, MalformedCommand, decode_command
from dicom_gateway.dimse.requests import encode_echo_request, encode_store_request
from dicom_gateway.upper_layer.associate import encode_request
from dicom_gateway.upper_layer.pdu import (
    RELEASE_RQ,
    MalformedPdu,
    PduType,
    decode_p_data,
    encode_p_data,
)
from tests.e2e.association import CT_IMAGE
from tests.e2e.gateway_process import GatewayProcess, list_spooled, wait_until
from tests.e2e.mutating import cut_into_reads, make_sessions, mutate
from tests.e2e.raw import (
    ECHO,
    IMAGE,
    OTHER_IMAGE,
    Pdu,
    RawPeer,
    associated,
    draw_instance_uid,
    encode_image,
    encode_value,
    find_part_files,
    make_associate_request,
    wrap,
)
from tests.factories.negotiating import REQUESTS

pytestmark = pytest.mark.e2e
SEEDS = (20261122, 4)
MOST_S = 10.0
MOST_SESSIONS = 1500
WARM_UP = 150
SLOTS_OF_ONE_SENDER = 100
LITTLE_BYTES = 16 << 20


@pytest.fixture(autouse=True)
def nothing_crashed_and_nothing_is_left(raw_gateway: GatewayProcess) -> Iterator[None]:
    """Check what a fuzz run must not change: processes, memory, files, slots, others' images."""
    gateway = raw_gateway
    pids, held = gateway.find_pids("reception"), gateway.count_held()
    with associated(gateway.port) as before:
        yield
        assert before.store(draw_instance_uid()) == 0
        before.release()

    assert gateway.find_pids("reception") == pids
    faults = [line for line in gateway.read_log().splitlines() if is_fault(line)]
    assert faults == []
    # A segment that is prepared ahead has one thread and one descriptor, whatever comes.
    threads, descriptors = held[0] + 1, held[1] + 1
    wait_until(
        lambda: all(map(le, gateway.count_held(), (threads, descriptors))),
        gateway.count_held,
        within_s=30,
    )
    wait_until(lambda: find_part_files(gateway) == [], within_s=10)
    with ExitStack() as stack:
        peers = [stack.enter_context(associated(gateway.port)) for _ in range(SLOTS_OF_ONE_SENDER)]
        assert [peer.echo() for peer in peers] == [0] * SLOTS_OF_ONE_SENDER


def is_fault(line: str) -> bool:
    return "Traceback" in line or '"level": "error"' in line or '"exception"' in line


def say(port: int, reads: list[bytes]) -> list[Pdu]:
    """Say all of it, listen to what the gateway says, and go."""
    with RawPeer(port) as peer:
        # It may end the association at any of them.
        with suppress(OSError):
            for each in reads:
                peer.send(each)
            peer.socket.shutdown(socket.SHUT_WR)
        return list(peer.expect_close())


@pytest.mark.parametrize("seed", SEEDS)
def test_associations_with_a_few_wrong_bytes(raw_gateway: GatewayProcess, seed: int) -> None:
    by = random.Random(seed)
    sessions = make_sessions()
    said: Counter[int] = Counter()
    acknowledged: set[str] = set()
    memory_bytes = 0
    began_s = time.monotonic()
    for number in range(MOST_SESSIONS):
        if number == WARM_UP:
            memory_bytes = raw_gateway.read_memory_bytes()["reception"]
        reads = cut_into_reads(mutate(sessions, by=by), by=by)
        answers = say(raw_gateway.port, reads)
        said.update(pdu.kind for pdu in answers)
        acknowledged.update(find_acknowledged(answers))
        if time.monotonic() - began_s > MOST_S:
            break

    assert number > WARM_UP
    assert raw_gateway.read_memory_bytes()["reception"] - memory_bytes < LITTLE_BYTES
    assert len(acknowledged) > 5
    assert acknowledged <= find_kept(raw_gateway, acknowledged)
    # It was no noise: many were let in, sent something, and were ended for what was wrong.
    assert (
        min(
            said[kind]
            for kind in (
                PduType.ASSOCIATE_AC,
                PduType.ASSOCIATE_RJ,
                PduType.P_DATA_TF,
                PduType.RELEASE_RP,
                PduType.ABORT,
            )
        )
        > 5
    ), said


def find_acknowledged(answers: list[Pdu]) -> Iterator[str]:
    for pdu in answers:
        if pdu.kind == PduType.P_DATA_TF:
            # Changed requests may ask for answers in fragments: these are not looked at.
            with suppress(MalformedCommand, MalformedPdu):
                for value in decode_p_data(pdu.body):
                    answer = decode_command(value.fragment)
                    if (answer.command_field, answer.status) == (CommandField.C_STORE_RSP, 0):
                        yield answer.affected_sop_instance_uid


def find_kept(gateway: GatewayProcess, uids: set[str]) -> set[str]:
    heads = [path.read_bytes()[:2000] for path in list_spooled(gateway.layout)]
    # As it stands in the file meta information: the command's.
    return {uid for uid in uids if any(uid.encode() in head for head in heads)}


def test_sessions_as_they_are_are_answered_in_full(raw_gateway: GatewayProcess) -> None:
    for session in make_sessions():
        kinds = [pdu.kind for pdu in say(raw_gateway.port, session)]

        assert kinds[0] == PduType.ASSOCIATE_AC
        if session[-1] == RELEASE_RQ:
            messages = len(session) - 2
            assert kinds[1:] == [PduType.P_DATA_TF] * messages + [PduType.RELEASE_RP]


FRAGMENTS = st.one_of(
    st.binary(max_size=30),
    st.just(encode_echo_request(1)),
    st.just(encode_store_request(1, sop_class_uid=CT_IMAGE, sop_instance_uid="1.2.3")),
    st.just(encode_image("1.2.3")),
    st.just(encode_image("1.2.3")[:200]),
)
VALUES = st.builds(
    encode_value, st.sampled_from([ECHO, IMAGE, OTHER_IMAGE, 0, 200]), st.integers(0, 3), FRAGMENTS
)
ACCEPTED_VALUES = st.builds(
    encode_value, st.sampled_from([ECHO, IMAGE]), st.integers(0, 3), FRAGMENTS
)
PDUS = st.one_of(
    st.lists(VALUES, min_size=1, max_size=3).map(lambda values: wrap(*values)),
    st.lists(ACCEPTED_VALUES, min_size=1, max_size=3).map(lambda values: wrap(*values)),
    st.just(encode_p_data(ECHO, command=encode_echo_request(1))),
    st.builds(
        lambda kind, body: struct.pack(">BxI", kind, len(body)) + body,
        st.integers(0, 9),
        st.binary(max_size=40),
    ),
    st.builds(lambda kind: struct.pack(">BxIxxxx", kind, 4), st.sampled_from([3, 5, 6, 7])),
    st.binary(min_size=1, max_size=20),
    REQUESTS.map(encode_request),
)
OPENINGS = st.just(encode_request(make_associate_request())) | PDUS


@settings(
    max_examples=250,
    deadline=None,
    # What a process of its own does is not repeated in the same way while it is shrunk.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(opening=OPENINGS, pdus=st.lists(PDUS, max_size=6))
def test_any_pdus_in_any_order(
    raw_gateway: GatewayProcess, opening: bytes, pdus: list[bytes]
) -> None:
    answers = say(raw_gateway.port, [opening, *pdus])

    assert {pdu.kind for pdu in answers} <= {
        PduType.ASSOCIATE_AC,
        PduType.ASSOCIATE_RJ,
        PduType.P_DATA_TF,
        PduType.RELEASE_RP,
        PduType.ABORT,
    }
    # An association is answered once, and nothing is said behind its end but aborts.
    kinds = [pdu.kind for pdu in answers]
    assert sum(each in {PduType.ASSOCIATE_AC, PduType.ASSOCIATE_RJ} for each in kinds) <= 1
    ends = {PduType.ASSOCIATE_RJ, PduType.RELEASE_RP, PduType.ABORT}
    first_end = next((at for at, kind in enumerate(kinds) if kind in ends), len(kinds))
    assert set(kinds[first_end + 1 :]) <= {PduType.ABORT}
