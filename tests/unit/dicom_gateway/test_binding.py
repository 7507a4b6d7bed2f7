import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from app.kit.bind import Bind
from app.kit.errors import Unavailable
from dicom_gateway.binding import claim, require_silence, reserve
from dicom_gateway.upper_layer.listener import PortBusy, open_listener

SETTING = "ASTREINTE_DICOM_BIND"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def take(stack: ExitStack) -> Bind:
    """Reserve a port that the system chooses."""
    reserved = stack.enter_context(reserve(Bind("127.0.0.1", 0), setting=SETTING))
    return Bind("127.0.0.1", reserved.getsockname()[1])


def test_processes_of_one_account_share_a_port_that_is_reserved(stack: ExitStack) -> None:
    bind = take(stack)

    listeners = [
        stack.enter_context(open_listener(bind, setting=SETTING, shares_port=True))
        for _ in range(2)
    ]
    stack.enter_context(reserve(bind, setting=SETTING))

    assert {each.getsockname()[1] for each in listeners} == {bind.port}


def test_a_port_that_is_only_reserved_is_silent_and_refuses_connections(stack: ExitStack) -> None:
    bind = take(stack)

    require_silence(bind, setting=SETTING)

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(bind, timeout=5)


@pytest.mark.parametrize("shares", (False, True))
def test_a_port_on_which_somebody_listens_is_not_silent(stack: ExitStack, *, shares: bool) -> None:
    listener = stack.enter_context(
        open_listener(Bind("127.0.0.1", 0), setting=SETTING, shares_port=shares)
    )
    bind = Bind("127.0.0.1", listener.getsockname()[1])

    with pytest.raises(PortBusy, match=f"port {bind.port} of 127.0.0.1 is in use.*{SETTING}"):
        require_silence(bind, setting=SETTING)


def test_what_connections_left_behind_does_not_keep_us_out(stack: ExitStack) -> None:
    bind = take(stack)
    with open_listener(bind, setting=SETTING, shares_port=True) as listener:
        client = stack.enter_context(socket.create_connection(bind, timeout=5))
        listener.setblocking(True)  # noqa: FBT003 - the library's
        accepted, _ = listener.accept()
    # Who closes first is left with the connection in TIME_WAIT.
    accepted.close()
    client.close()

    require_silence(bind, setting=SETTING)
    stack.enter_context(reserve(bind, setting=SETTING))


def test_a_port_of_a_program_that_does_not_share_cannot_be_reserved(stack: ExitStack) -> None:
    listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

    with pytest.raises(PortBusy):
        reserve(Bind("127.0.0.1", listener.getsockname()[1]), setting=SETTING)


def test_an_address_of_another_machine_is_named() -> None:
    with pytest.raises(Unavailable, match="cannot listen on 192"):
        reserve(Bind("192.0.2.1", 11112), setting=SETTING)


def test_of_two_gateways_that_start_at_once_one_has_the_port(stack: ExitStack) -> None:
    bind = take(stack)
    first = claim(bind, setting=SETTING)

    # Nobody listens yet, and the port could be shared.
    require_silence(bind, setting=SETTING)
    with pytest.raises(PortBusy, match=f"port {bind.port} of 127.0.0.1 is in use by another"):
        claim(bind, setting=SETTING)

    first.close()
    claim(bind, setting=SETTING).close()
