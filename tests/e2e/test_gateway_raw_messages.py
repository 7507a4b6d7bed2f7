"""The gateway and commands and data sets that are none: a status where one can be given."""

import struct
from collections.abc import Mapping

import pytest

from dicom_gateway.dimse.command_set import Command, CommandField, encode_command
from dicom_gateway.dimse.requests import encode_echo_request, encode_store_request
from dicom_gateway.upper_layer.pdu import Abort, AbortReason, AbortSource, encode_p_data
from tests.e2e.association import CT_IMAGE
from tests.e2e.gateway_process import GatewayProcess, read_spooled, wait_until
from tests.e2e.raw import (
    ECHO,
    IMAGE,
    OTHER_IMAGE,
    associated,
    draw_instance_uid,
    encode_image,
    encode_value,
    find_part_files,
    wrap,
)
from tests.factories.messages import INSTANCE, STORE, encode_elements

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("nobody_else_is_harmed")]
INVALID = Abort(AbortSource.SERVICE_PROVIDER, AbortReason.INVALID_PARAMETER_VALUE)


def without(*elements: int) -> Mapping[int, bytes]:
    return {element: value for element, value in STORE.items() if element not in elements}


WRONG_COMMANDS = {
    "nothing": b"",
    "a group length that is wrong": encode_elements(STORE, group_length=4),
    "no group length": encode_elements(STORE)[12:],
    "an element longer than the command": encode_elements(STORE)
    + struct.pack("<HHI", 0, 0x1030, 0xFFFFFFFF),
    "half an element": encode_elements(STORE) + b"\0\0\x31",
    "an element of the data set": encode_elements(STORE) + struct.pack("<HHI", 8, 5, 0),
    "an element twice": encode_elements(STORE) + struct.pack("<HHIH", 0, 0x0110, 2, 8),
    "a number of one byte": encode_elements({**STORE, 0x0110: b"\1"}),
    "no command": encode_elements(dict(without(0x0100))),
    "a command that there is not": encode_elements({**STORE, 0x0100: b"\x99\x09"}),
    "no message": encode_elements(dict(without(0x0110))),
    "no priority": encode_elements(dict(without(0x0700))),
    "no word of a data set": encode_elements(dict(without(0x0800))),
    "no class": encode_elements(dict(without(0x0002))),
    "no instance": encode_elements(dict(without(0x1000))),
    "an empty instance": encode_elements({**STORE, 0x1000: b""}),
    "a store without a data set": encode_elements({**STORE, 0x0800: b"\1\1"}),
    "a response": encode_command(
        Command(CommandField.C_STORE_RSP, message_id_responded_to=1, status=0)
    ),
    "bytes of something else": bytes(range(256)),
}


@pytest.mark.parametrize("name", WRONG_COMMANDS)
def test_a_command_that_is_none_ends_its_association(
    raw_gateway: GatewayProcess, name: str
) -> None:
    with associated(raw_gateway.port) as peer:
        peer.send(wrap(encode_value(IMAGE, 3, WRONG_COMMANDS[name])))

        abort = peer.expect_abort()
    assert abort.source == AbortSource.SERVICE_PROVIDER
    assert abort.reason in {
        AbortReason.INVALID_PARAMETER_VALUE,
        AbortReason.UNEXPECTED_PARAMETER,
    }


def test_a_command_longer_than_any_ends_its_association(raw_gateway: GatewayProcess) -> None:
    with associated(raw_gateway.port) as peer:
        for _ in range(20):
            peer.send(wrap(encode_value(IMAGE, 1, bytes(8192))))

        assert peer.expect_abort() == INVALID


@pytest.mark.parametrize("control", [0, 2])
def test_a_data_set_before_its_command_ends_its_association(
    raw_gateway: GatewayProcess, control: int
) -> None:
    with associated(raw_gateway.port) as peer:
        peer.send(wrap(encode_value(IMAGE, control, encode_image("1.2.3"))))

        assert peer.expect_abort() == INVALID


def test_a_data_set_after_a_command_without_one_ends_its_association(
    raw_gateway: GatewayProcess,
) -> None:
    with associated(raw_gateway.port) as peer:
        assert peer.echo() == 0
        peer.send(wrap(encode_value(ECHO, 2, b"data")))

        assert peer.expect_abort() == INVALID


COMMAND = encode_store_request(1, sop_class_uid=CT_IMAGE, sop_instance_uid="1.2.3")
HALF = encode_image("1.2.3")[:300]
INTERLEAVED = {
    "two commands": (encode_value(IMAGE, 1, COMMAND[:20]), encode_value(OTHER_IMAGE, 1, COMMAND)),
    "a command and data": (
        encode_value(IMAGE, 1, COMMAND[:20]),
        encode_value(OTHER_IMAGE, 0, HALF),
    ),
    "a command within a data set of its own context": (
        encode_value(IMAGE, 3, COMMAND),
        encode_value(IMAGE, 0, HALF),
        encode_value(IMAGE, 3, COMMAND),
    ),
    "a command within the data set of another context": (
        encode_value(IMAGE, 3, COMMAND),
        encode_value(IMAGE, 0, HALF),
        encode_value(ECHO, 3, encode_echo_request(2)),
    ),
    "two data sets": (
        encode_value(IMAGE, 3, COMMAND),
        encode_value(IMAGE, 0, HALF),
        encode_value(OTHER_IMAGE, 0, HALF),
    ),
    "data of another context than its command": (
        encode_value(IMAGE, 3, COMMAND),
        encode_value(OTHER_IMAGE, 2, encode_image("1.2.3")),
    ),
    "a second command before the data set": (
        encode_value(IMAGE, 3, COMMAND),
        encode_value(IMAGE, 3, COMMAND),
    ),
}


@pytest.mark.parametrize("name", INTERLEAVED)
@pytest.mark.parametrize("how", ["in one PDU", "in PDUs of their own"])
def test_fragments_that_are_mixed_end_their_association(
    raw_gateway: GatewayProcess, name: str, how: str
) -> None:
    values = INTERLEAVED[name]
    with associated(raw_gateway.port) as peer:
        peer.send(wrap(*values) if how == "in one PDU" else b"".join(map(wrap, values)))

        assert peer.expect_abort() == INVALID
    assert find_part_files(raw_gateway) == []


@pytest.mark.parametrize(
    "uid",
    [b"1.2.A", b"1.2/../../etc", b"1" * 65, b"1" * 60000, b"\xff\xfe", b"\0\0", b"1.2\n3", b"   "],
)
def test_an_image_whose_uid_is_none_is_refused_and_the_next_one_taken(
    raw_gateway: GatewayProcess, uid: bytes
) -> None:
    with associated(raw_gateway.port) as peer:
        command = encode_elements({**STORE, 0x1000: uid})
        peer.send(encode_p_data(IMAGE, command=command, data_set=encode_image(INSTANCE)))

        assert peer.read_response().status in {0xA900, 0xC000}
        assert peer.store(draw_instance_uid()) == 0
        peer.release()


DATA_SETS = {
    "nothing": b"",
    "one byte": b"\x08",
    "zeros": bytes(5000),
    "noise": bytes(range(256)) * 20,
    "another instance": encode_image("1.2.3.4.6"),
    "an element of 4 GiB": struct.pack("<HH2sHI", 8, 5, b"OB", 0, 0xFFFFFFF0),
    "a sequence that never ends": struct.pack("<HH2sHI", 8, 6, b"SQ", 0, 0xFFFFFFFF) * 1000,
    "half of its header": encode_image(INSTANCE)[:40],
    "2 MB without a UID": struct.pack("<HH2sHI", 8, 5, b"OB", 0, 2 << 20) + bytes(2 << 20),
}


@pytest.mark.parametrize("name", DATA_SETS)
def test_a_data_set_that_is_not_the_image_is_refused_or_left_to_the_index(
    raw_gateway: GatewayProcess, name: str
) -> None:
    with associated(raw_gateway.port) as peer:
        peer.send(
            encode_p_data(
                IMAGE,
                command=encode_elements(STORE),
                data_set=DATA_SETS[name],
                max_pdu_bytes=131072,
            )
        )

        status = peer.read_response().status
        # A header whose UIDs do not come within the first 1 MB is stored and checked by the index.
        assert status == 0 if name.startswith("2 MB") else status in {0xA900, 0xC000}
        assert peer.store(draw_instance_uid()) == 0
        peer.release()


def test_an_operation_that_a_service_does_not_know_is_answered_so(
    raw_gateway: GatewayProcess,
) -> None:
    find = Command(
        CommandField.C_FIND_RQ,
        has_data_set=True,
        message_id=5,
        affected_sop_class_uid=CT_IMAGE,
    )
    delete = Command(
        CommandField.N_DELETE_RQ,
        message_id=6,
        requested_sop_class_uid=CT_IMAGE,
        requested_sop_instance_uid="1.2",
    )

    with associated(raw_gateway.port) as peer:
        for request, data_set in ((find, b"ab"), (delete, None)):
            command = encode_command(request)
            peer.send(encode_p_data(IMAGE, command=command, data_set=data_set))

            answer = peer.read_response()
            assert answer.status == 0x0211
            assert answer.message_id_responded_to == request.message_id
            assert answer.command_field == request.command_field | 0x8000
        assert peer.store(draw_instance_uid()) == 0
        peer.release()


def test_a_cancel_of_nothing_is_passed_over(raw_gateway: GatewayProcess) -> None:
    cancel = encode_command(Command(CommandField.C_CANCEL_RQ, message_id_responded_to=77))
    with associated(raw_gateway.port) as peer:
        peer.send(encode_p_data(ECHO, command=cancel))

        assert peer.echo() == 0
        peer.release()


def test_requests_that_do_not_wait_for_their_answers_get_them_in_order(
    raw_gateway: GatewayProcess,
) -> None:
    uids = [draw_instance_uid() for _ in range(50)]
    with associated(raw_gateway.port) as peer:
        for number, uid in enumerate(uids):
            command = encode_store_request(number, sop_class_uid=CT_IMAGE, sop_instance_uid=uid)
            peer.send(encode_p_data(IMAGE, command=command, data_set=encode_image(uid)))
        answers = [peer.read_response() for _ in uids]
        peer.release()

    assert [(each.message_id_responded_to, each.status) for each in answers] == [
        (number, 0) for number in range(50)
    ]
    wait_until(lambda: read_spooled(raw_gateway.layout).keys() >= set(uids), within_s=20)
