"""The port that all reception processes of a host share."""

import socket

from app.kit.bind import Bind
from dicom_gateway.upper_layer.listener import PortBusy, open_bound


def claim(bind: Bind, *, setting: str) -> socket.socket:
    """Take a port for one gateway, before anybody listens there.

    Two that start at once would both find it silent, and then share it: images would reach the
    wrong platform. The name in the kernel (unix(7), abstract) is as wide as the port, is given to
    one only, and goes with its process.

    Raises
    ------
    PortBusy
        If another gateway has it.
    """
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        opened.bind(f"\0astreinte-dicom/{bind}")
    except OSError as error:
        opened.close()
        msg = (
            f"port {bind.port} of {bind.host} is in use by another gateway: stop it, or set "
            f"{setting} to a free port"
        )
        raise PortBusy(msg) from error
    return opened


def reserve(bind: Bind, *, setting: str) -> socket.socket:
    """Take part in a port without listening on it; port 0 lets the system choose.

    The kernel gives a shared port (SO_REUSEPORT) only to processes of the account that has it; who
    holds this socket keeps others out, also while no process of ours listens.

    Parameters
    ----------
    bind
        Where.
    setting
        The setting that says so, for the person who must change it.

    Raises
    ------
    PortBusy
        If another account, or a program that does not share, has it.
    Unavailable
        If the address is none of this machine.
    """
    return open_bound(bind, setting=setting, shares_port=True)


def require_silence(bind: Bind, *, setting: str) -> None:
    """Refuse an address on which anybody listens, sharing the port or not.

    Parameters
    ----------
    bind, setting
        As for `reserve`.

    Raises
    ------
    PortBusy
        If somebody does.
    Unavailable
        If the address is none of this machine.
    """
    # Sharing nothing, we may have what connections leave behind, but not beside a listener.
    open_bound(bind, setting=setting, shares_port=False).close()
