import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.directory.domain import Actor, Grant, Role
from app.directory.domain.delegation import DELEGATED, may_grant, may_manage

SOCIETY, OTHER_SOCIETY, SITE = 1, 2, 10
GROUP = Actor(user_id=1, name="G", grants=(Grant(Role.GCS_ADMIN),))
SOCIETYS = Actor(user_id=2, name="S", grants=(Grant(Role.SOCIETY_ADMIN, society_id=SOCIETY),))
grants = st.builds(
    Grant,
    st.sampled_from(Role),
    society_id=st.none() | st.integers(1, 3),
    site_id=st.none() | st.integers(1, 3),
)


@given(grants)
def test_the_group_gives_every_role(grant: Grant) -> None:
    assert may_grant(GROUP, grant)


@pytest.mark.parametrize("role", Role)
def test_a_society_gives_its_own_roles_inside_itself_only(role: Role) -> None:
    assert may_grant(SOCIETYS, Grant(role, society_id=SOCIETY)) is (role in DELEGATED)
    assert not may_grant(SOCIETYS, Grant(role, society_id=OTHER_SOCIETY))
    assert not may_grant(SOCIETYS, Grant(role))
    assert not may_grant(SOCIETYS, Grant(role, site_id=SITE))


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.GCS_ADMIN, Role.SOCIETY_ADMIN}))
def test_the_other_roles_give_none(role: Role) -> None:
    actor = Actor(user_id=3, name="X", grants=(Grant(role), Grant(role, society_id=SOCIETY)))

    assert not may_grant(actor, Grant(Role.RADIOLOGIST, society_id=SOCIETY))


@given(st.lists(grants, max_size=4))
def test_a_society_manages_only_users_all_of_whose_roles_it_could_give(held: list[Grant]) -> None:
    manages = may_manage(SOCIETYS, held)

    assert manages == (bool(held) and all(may_grant(SOCIETYS, each) for each in held))
    assert may_manage(GROUP, held)
