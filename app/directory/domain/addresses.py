"""From where a peer may open an association."""

import ipaddress
from collections.abc import Iterable

from app.directory.domain.errors import InvalidField


def check_networks(texts: Iterable[str], *, field: str = "addresses") -> tuple[str, ...]:
    """Return networks in CIDR notation, each once, in the order given.

    An address without a prefix is a network of one host.

    Raises
    ------
    InvalidField
        If one is not an IPv4 or IPv6 address or network, or has bits set behind its prefix
        (`10.1.2.3/24`): one cannot know whether the host or the network was meant.
    """
    networks: dict[str, None] = {}
    for position, text in enumerate(texts):
        try:
            network = ipaddress.ip_network(text.strip())
        except ValueError as error:
            place = f"{field}.{position}"
            message = "this is not an IP address or a network such as 10.1.2.0/24"
            raise InvalidField(place, message) from error
        networks[str(network)] = None
    return tuple(networks)


def check_host(text: str, *, field: str = "address") -> str:
    """Return the address of one host in its usual form; IPv4 as IPv4, also in its IPv6 form.

    Raises
    ------
    InvalidField
        If it is not an IPv4 or IPv6 address.
    """
    try:
        host = ipaddress.ip_address(text.strip())
    except ValueError as error:
        raise InvalidField(field, "this is not an IP address such as 10.1.2.7") from error
    return str(getattr(host, "ipv4_mapped", None) or host)


def name_caller(sender_id: int, *, calling_ae_title: str, address: str) -> str:
    """Name a title that calls from an address of a sender: the subject of a task about it."""
    return f"sender:{sender_id}:{calling_ae_title}@{address}"


def is_inside(address: str, *, networks: Iterable[str]) -> bool:
    """Tell whether one of the networks holds the address.

    An IPv4 address in its IPv6 form (`::ffff:10.1.2.3`) is taken as the IPv4 address it stands
    for, as a socket that listens on both families reports it so.

    Parameters
    ----------
    address
        As the socket reports it; a zone (`fe80::1%eth0`) is ignored.
    networks
        In CIDR notation, as `check_networks` returns them. None hold nothing.
    """
    host = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(host, "ipv4_mapped", None)
    return any((mapped or host) in ipaddress.ip_network(network) for network in networks)


def have_common_address(some: Iterable[str], others: Iterable[str]) -> bool:
    """Tell whether an address is in one of the first networks and in one of the others.

    Parameters
    ----------
    some, others
        In CIDR notation, as `check_networks` returns them.
    """
    parsed = [ipaddress.ip_network(other) for other in others]
    return any(
        mine.version == other.version and mine.overlaps(other)
        for mine in map(ipaddress.ip_network, some)
        for other in parsed
    )
