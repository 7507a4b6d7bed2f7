"""Who may give which role to whom."""

from collections.abc import Iterable

from app.directory.domain.actor import Actor, Grant, scope_of
from app.directory.domain.permissions import Permission
from app.directory.domain.roles import Role

DELEGATED = frozenset({Role.RADIOLOGIST, Role.PLANNER, Role.SOCIETY_ADMIN})
"""Roles that a society gives inside itself; the others are given by the group."""


def may_grant(actor: Actor, grant: Grant) -> bool:
    """Tell whether the actor may give or take this role in this scope."""
    scope = scope_of(actor, Permission.USER_WRITE)
    if scope.everything:
        return True
    return grant.role in DELEGATED and grant.society_id in scope.society_ids


def may_manage(actor: Actor, grants: Iterable[Grant]) -> bool:
    """Tell whether the actor may change a user who holds these grants.

    Whoever sets a password becomes that user: all grants must be ones that the actor could give.
    A user without any is the group's.
    """
    held = tuple(grants)
    if scope_of(actor, Permission.USER_WRITE).everything:
        return True
    return bool(held) and all(may_grant(actor, each) for each in held)
