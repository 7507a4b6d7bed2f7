"""A quota: what lies above it, and how it is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.retention.domain.quota import GIB, Stored


@pytest.mark.parametrize(
    ("kept_bytes", "is_above"), ((0, False), (2 * GIB, False), (2 * GIB + 1, True))
)
def test_exactly_as_much_as_agreed_is_not_above(kept_bytes: int, *, is_above: bool) -> None:
    assert Stored(site_id=1, kept_bytes=kept_bytes, quota_gib=2).is_above is is_above


def test_without_a_quota_nothing_is_above_it() -> None:
    assert not Stored(site_id=1, kept_bytes=1 << 60, quota_gib=None).is_above


@given(kept_bytes=st.integers(0, 1 << 50), quota_gib=st.integers(1, 1 << 20))
def test_what_is_said_is_more_than_the_quota_exactly_when_it_is(
    kept_bytes: int, quota_gib: int
) -> None:
    stored = Stored(site_id=1, kept_bytes=kept_bytes, quota_gib=quota_gib)

    assert (stored.kept_gib > quota_gib) is stored.is_above
    assert 0 <= stored.kept_gib - kept_bytes / GIB < 0.11
