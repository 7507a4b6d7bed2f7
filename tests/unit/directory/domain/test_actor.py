import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.directory.domain import (
    EVERYTHING,
    SYSTEM,
    Actor,
    Grant,
    Permission,
    PermissionDenied,
    Role,
    Scope,
    holds,
    may,
    require,
    scope_of,
)

SOCIETY, OTHER_SOCIETY = 1, 2
SITE, OTHER_SITE = 10, 20

ids = st.frozensets(st.integers(1, 4), max_size=3)
scopes = st.builds(Scope, everything=st.booleans(), society_ids=ids, site_ids=ids)
grants = st.builds(
    Grant,
    st.sampled_from(Role),
    society_id=st.none() | st.integers(1, 4),
    site_id=st.none() | st.integers(1, 4),
)
actors = st.builds(
    Actor,
    user_id=st.just(1),
    name=st.just("Dr X"),
    grants=st.lists(grants, max_size=4).map(tuple),
    readable_site_ids=ids,
)
maybe_id = st.none() | st.integers(1, 4)


def act(*grants: Grant, readable_site_ids: frozenset[int] = frozenset()) -> Actor:
    return Actor(user_id=1, name="Dr X", grants=grants, readable_site_ids=readable_site_ids)


@given(scopes, scopes, maybe_id, maybe_id)
def test_two_scopes_joined_cover_what_one_of_them_covers(
    one: Scope, other: Scope, society_id: int | None, site_id: int | None
) -> None:
    joined = one.join(other).covers(society_id=society_id, site_id=site_id)

    assert joined == any(
        each.covers(society_id=society_id, site_id=site_id) for each in (one, other)
    )


@given(actors, st.sampled_from(Permission), maybe_id, maybe_id)
def test_nobody_may_without_holding(
    actor: Actor, permission: Permission, society_id: int | None, site_id: int | None
) -> None:
    allowed = may(actor, permission, society_id=society_id, site_id=site_id)

    assert holds(actor, permission) or not allowed


@given(actors, grants, st.sampled_from(Permission), maybe_id, maybe_id)
def test_one_more_grant_takes_nothing_away(
    actor: Actor,
    grant: Grant,
    permission: Permission,
    society_id: int | None,
    site_id: int | None,
) -> None:
    more = Actor(
        user_id=1,
        name="Dr X",
        grants=(*actor.grants, grant),
        readable_site_ids=actor.readable_site_ids,
    )
    before = may(actor, permission, society_id=society_id, site_id=site_id)

    assert may(more, permission, society_id=society_id, site_id=site_id) or not before


def test_a_scope_is_empty_when_it_covers_nothing() -> None:
    assert Scope().is_empty
    assert not EVERYTHING.is_empty
    assert not Scope(site_ids=frozenset({SITE})).is_empty


def test_what_belongs_to_nobody_in_particular_is_only_for_the_whole_group() -> None:
    planner = act(Grant(Role.PLANNER, society_id=SOCIETY))

    assert not may(planner, Permission.PLANNING_WRITE)
    assert may(act(Grant(Role.PLANNER)), Permission.PLANNING_WRITE)


def test_a_role_in_a_society_does_not_reach_another_society() -> None:
    admin = act(Grant(Role.SOCIETY_ADMIN, society_id=SOCIETY))

    assert may(admin, Permission.DIRECTORY_WRITE, society_id=SOCIETY)
    assert not may(admin, Permission.DIRECTORY_WRITE, society_id=OTHER_SOCIETY)


def test_a_site_sees_its_own_cases_only() -> None:
    site = act(Grant(Role.SITE, site_id=SITE))

    assert may(site, Permission.CASE_READ, society_id=SOCIETY, site_id=SITE)
    assert not may(site, Permission.CASE_READ, society_id=SOCIETY, site_id=OTHER_SITE)


def test_the_role_of_a_site_without_its_site_reaches_nothing() -> None:
    assert scope_of(act(Grant(Role.SITE)), Permission.CASE_READ).is_empty


def test_a_radiologist_reads_for_the_sites_they_may_read_for_whatever_their_society() -> None:
    radiologist = act(
        Grant(Role.RADIOLOGIST, society_id=SOCIETY), readable_site_ids=frozenset({SITE})
    )

    assert may(radiologist, Permission.CASE_CLAIM, society_id=OTHER_SOCIETY, site_id=SITE)
    assert not may(radiologist, Permission.CASE_CLAIM, society_id=SOCIETY, site_id=OTHER_SITE)


def test_a_radiologist_of_the_whole_group_still_reads_for_their_sites_only() -> None:
    radiologist = act(Grant(Role.RADIOLOGIST), readable_site_ids=frozenset({SITE}))

    assert scope_of(radiologist, Permission.CASE_READ) == Scope(site_ids=frozenset({SITE}))


def test_the_on_call_board_is_shared_by_the_whole_group() -> None:
    assert scope_of(act(Grant(Role.SITE, site_id=SITE)), Permission.ON_CALL_READ) == EVERYTHING


@pytest.mark.parametrize("permission", Permission)
def test_the_system_may_do_everything(permission: Permission) -> None:
    require(SYSTEM, permission)


def test_what_is_not_allowed_is_refused_naming_the_permission() -> None:
    with pytest.raises(PermissionDenied) as caught:
        require(act(), Permission.CASE_READ, site_id=SITE)

    assert caught.value.permission is Permission.CASE_READ


def test_an_actor_has_the_roles_of_their_grants() -> None:
    actor = act(Grant(Role.PLANNER), Grant(Role.RADIOLOGIST, society_id=SOCIETY))

    assert actor.roles == {Role.PLANNER, Role.RADIOLOGIST}
