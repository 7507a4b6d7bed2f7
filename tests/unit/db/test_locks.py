from hypothesis import given
from hypothesis import strategies as st

from app.db.locks import derive_key


@given(st.text())
def test_a_key_fits_in_a_signed_bigint(name: str) -> None:
    assert -(2**63) <= derive_key(name) < 2**63


@given(st.text(), st.text())
def test_two_names_have_two_keys(one: str, other: str) -> None:
    assert (derive_key(one) == derive_key(other)) == (one == other)


def test_the_key_of_a_name_never_changes() -> None:
    # Two versions of the program may run at once during an upgrade: they must exclude each other.
    assert derive_key("dispatch") == KEY_OF_DISPATCH


KEY_OF_DISPATCH = -1359373285205412445
