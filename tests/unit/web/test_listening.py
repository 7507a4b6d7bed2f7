"""Where the web listens: a page whose network is cut is noticed, an address in use is told."""

import socket

import pytest

from app.kit.bind import Bind
from app.kit.errors import Unavailable
from app.web.listening import UNHEARD_S, open_listener


def test_a_connection_inherits_how_soon_silence_is_noticed() -> None:
    with (
        open_listener(Bind("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()),
    ):
        connection, _ = listener.accept()
        with connection:
            timeout_ms = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
            is_kept_alive = connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)

    assert timeout_ms == UNHEARD_S * 1000
    assert is_kept_alive


def test_an_address_in_use_names_the_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(
            Unavailable, match=f"127.0.0.1:{port} is in use: set ASTREINTE_HTTP_BIND"
        ):
            open_listener(Bind("127.0.0.1", port))


def test_of_two_that_start_at_once_the_second_is_refused_before_the_first_can_answer() -> None:
    with open_listener(Bind("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        with pytest.raises(Unavailable, match=f"127.0.0.1:{port} is in use"):
            open_listener(Bind("127.0.0.1", port))


def test_an_address_that_somebody_took_between_our_look_and_our_listening_is_refused() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        with open_listener(Bind("127.0.0.1", port)), pytest.raises(OSError, match="in use"):
            other.listen()


def test_an_address_that_is_not_ours_is_told() -> None:
    with pytest.raises(Unavailable, match="fails"):
        open_listener(Bind("192.0.2.1", 0))
