from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.directory.domain import InvalidField
from app.directory.domain.addresses import (
    check_host,
    check_networks,
    have_common_address,
    is_inside,
)

networks = st.builds(
    lambda address, prefix: IPv4Network((address, prefix), strict=False),
    st.ip_addresses(v=4),
    st.integers(0, 32),
)


@given(st.lists(networks, max_size=4), st.ip_addresses(v=4))
def test_an_address_is_inside_when_one_of_the_networks_holds_it(
    nets: list[IPv4Network], address: IPv4Address
) -> None:
    kept = check_networks(str(each) for each in nets)

    inside = is_inside(str(address), networks=kept)

    assert inside == any(address in each for each in nets)


@given(networks)
def test_the_first_and_the_last_address_of_a_network_are_inside(net: IPv4Network) -> None:
    for address in (net[0], net[-1]):
        assert is_inside(str(address), networks=[str(net)])


def test_an_ipv4_address_in_its_ipv6_form_is_the_same_address() -> None:
    assert is_inside("::ffff:10.1.2.3", networks=["10.1.2.0/24"])


def test_the_zone_of_a_link_local_address_does_not_matter() -> None:
    assert is_inside("fe80::1%eth0", networks=["fe80::/10"])


def test_an_address_without_prefix_is_one_host() -> None:
    assert check_networks([" 10.1.2.3 ", "2001:db8::1"]) == ("10.1.2.3/32", "2001:db8::1/128")


def test_the_same_network_twice_is_kept_once() -> None:
    assert check_networks(["10.0.0.0/8", "10.0.0.0/8"]) == ("10.0.0.0/8",)


@pytest.mark.parametrize("text", ["", "hospital", "10.1.2.3/24", "10.0.0.0/33", "300.1.1.1"])
def test_what_is_no_network_is_refused_naming_its_place(text: str) -> None:
    with pytest.raises(InvalidField) as caught:
        check_networks(["10.0.0.0/8", text])

    assert caught.value.field == "addresses.1"


@given(st.lists(networks, max_size=3), st.lists(networks, max_size=3))
def test_two_lists_have_a_common_address_when_one_holds_the_start_of_a_network_of_the_other(
    some: list[IPv4Network], others: list[IPv4Network]
) -> None:
    # Of two networks that overlap, one lies whole inside the other.
    common = any(mine[0] in other or other[0] in mine for mine in some for other in others)

    assert have_common_address(map(str, some), map(str, others)) == common


def test_networks_of_two_families_have_no_common_address() -> None:
    assert not have_common_address(["0.0.0.0/0"], ["::/0"])


@given(st.ip_addresses(v=4))
def test_an_address_has_one_form_whatever_family_it_came_by(address: IPv4Address) -> None:
    assert check_host(f" {address} ") == check_host(f"::ffff:{address}") == str(address)


@pytest.mark.parametrize("text", ["", "10.1.2", "10.1.2.0/24", "scanner", "10.1.2.3; drop"])
def test_what_is_no_address_of_a_host_is_refused(text: str) -> None:
    with pytest.raises(InvalidField) as refused:
        check_host(text)

    assert refused.value.field == "address"
