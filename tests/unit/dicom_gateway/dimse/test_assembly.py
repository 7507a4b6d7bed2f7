"""Assembly: fragments become commands and data sets, and nothing that is neither."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicom_gateway.dimse.assembly import Assembly
from dicom_gateway.dimse.command_set import Command, CommandField
from dicom_gateway.dimse.requests import encode_echo_request, encode_store_request
from dicom_gateway.upper_layer.pdu import AbortReason, MalformedPdu

STORE = encode_store_request(7, sop_class_uid="1.2.3", sop_instance_uid="1.2.3.4")
COMMAND, LAST = 1, 2


class Taken:
    """Takes everything on the contexts 1 and 3, and remembers it."""

    def __init__(self) -> None:
        self.requests: list[tuple[int, Command]] = []
        self.data = b""
        self.ends: list[str] = []

    def accepts(self, context_id: int) -> bool:
        return context_id in {1, 3}

    def begin(self, request: Command, *, context_id: int) -> "Taken | None":
        self.requests.append((context_id, request))
        return self if request.has_data_set else None

    def write(self, fragment: memoryview) -> None:
        self.data += bytes(fragment)

    def finish(self) -> None:
        self.ends.append("finished")

    def give_up(self) -> None:
        self.ends.append("given up")


def put(assembly: Assembly, content: bytes, *, flags: int, context_id: int = 1) -> None:
    assembly.open(context_id, flags)
    if content:
        assembly.write(memoryview(content))
    assembly.close()


@given(st.integers(0, len(STORE)), st.lists(st.binary(max_size=20), max_size=5))
def test_a_message_in_fragments_is_the_message(cut: int, parts: list[bytes]) -> None:
    taken = Taken()
    assembly = Assembly(taken)

    put(assembly, STORE[:cut], flags=COMMAND)
    put(assembly, STORE[cut:], flags=COMMAND | LAST)
    for part in parts:
        put(assembly, part, flags=0)
    put(assembly, b"end", flags=LAST)

    ((context_id, request),) = taken.requests
    assert (context_id, request.command_field) == (1, CommandField.C_STORE_RQ)
    assert taken.data == b"".join(parts) + b"end"
    assert taken.ends == ["finished"]
    assert not assembly.is_within_message


def test_messages_follow_each_other_on_any_accepted_context() -> None:
    taken = Taken()
    assembly = Assembly(taken)

    put(assembly, encode_echo_request(1), flags=COMMAND | LAST)
    put(assembly, STORE, flags=COMMAND | LAST, context_id=3)
    put(assembly, b"", flags=LAST, context_id=3)

    assert [context_id for context_id, _ in taken.requests] == [1, 3]
    assert taken.ends == ["finished"]


def refuse(*puts: tuple[bytes, int, int]) -> MalformedPdu:
    assembly = Assembly(Taken())
    *before, (content, flags, context_id) = puts
    for each, its_flags, its_context in before:
        put(assembly, each, flags=its_flags, context_id=its_context)
    with pytest.raises(MalformedPdu) as caught:
        put(assembly, content, flags=flags, context_id=context_id)
    return caught.value


@pytest.mark.parametrize(
    "puts",
    [
        [(STORE, COMMAND | LAST, 5)],
        [(b"data", LAST, 1)],
        [(STORE, COMMAND | LAST, 1), (STORE, COMMAND | LAST, 1)],
        [(STORE, COMMAND | LAST, 1), (b"data", 0, 3)],
        [(STORE[:10], COMMAND, 1), (STORE[10:], COMMAND | LAST, 3)],
        [(STORE[:10], COMMAND, 1), (b"data", LAST, 1)],
        [(STORE[:-1], COMMAND | LAST, 1)],
        [(b"", COMMAND | LAST, 1)],
        [(bytes(40_000), COMMAND, 1), (bytes(40_000), COMMAND, 1)],
    ],
    ids=(
        "context not accepted", "data first", "command within data", "two contexts in data",
        "two contexts in a command", "data within a command", "broken command", "empty command",
        "endless command",
    ),
)  # fmt: skip
def test_what_is_no_message_is_refused(puts: list[tuple[bytes, int, int]]) -> None:
    assert refuse(*puts).reason is AbortReason.INVALID_PARAMETER_VALUE


def test_a_data_set_that_is_not_whole_is_given_up_once() -> None:
    taken = Taken()
    assembly = Assembly(taken)
    put(assembly, STORE, flags=COMMAND | LAST)
    put(assembly, b"half", flags=0)

    assembly.give_up()
    assembly.give_up()

    assert taken.ends == ["given up"]
