"""The one who acts, and how far their permissions reach."""

from dataclasses import dataclass, field

from app.directory.domain.permissions import Permission
from app.directory.domain.roles import BY_READING_RIGHT, GROUP_WIDE, PERMISSIONS, Role
from app.kit.errors import NotAllowed


class PermissionDenied(NotAllowed):
    """The actor does not hold the permission for that society or site.

    Parameters
    ----------
    permission
        What was asked for.
    """

    def __init__(self, permission: Permission) -> None:
        super().__init__(f"this needs the permission {permission} for what it concerns")
        self.permission = permission


@dataclass(frozen=True, slots=True)
class Scope:
    """A set of societies and sites; what belongs to one of them is inside.

    Parameters
    ----------
    everything
        The whole group, whatever the two sets say.
    """

    everything: bool = False
    society_ids: frozenset[int] = frozenset()
    site_ids: frozenset[int] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Is nothing at all inside?"""
        return not (self.everything or self.society_ids or self.site_ids)

    def covers(self, *, society_id: int | None = None, site_id: int | None = None) -> bool:
        """Is what belongs to this society or to this site inside?

        With neither, the question is about the group itself: only `everything` covers it.
        """
        return self.everything or society_id in self.society_ids or site_id in self.site_ids

    def join(self, other: "Scope") -> "Scope":
        """Return what is inside one of the two."""
        return Scope(
            everything=self.everything or other.everything,
            society_ids=self.society_ids | other.society_ids,
            site_ids=self.site_ids | other.site_ids,
        )


EVERYTHING = Scope(everything=True)


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held inside a scope: one society, one site, or (with neither) the whole group."""

    role: Role
    society_id: int | None = None
    site_id: int | None = None

    @property
    def scope(self) -> Scope:
        """The scope as it was granted; a `site` role that names no site reaches nothing."""
        if self.site_id is not None:
            return Scope(site_ids=frozenset({self.site_id}))
        if self.society_id is not None:
            return Scope(society_ids=frozenset({self.society_id}))
        return Scope() if self.role is Role.SITE else EVERYTHING


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a user with the grants of this moment, or the system itself.

    Parameters
    ----------
    user_id
        Absent for the system.
    name
        Who it is, for the timeline and for colleagues; a professional, never a patient.
    radiologist_id
        Absent when the user is no radiologist.
    readable_site_ids
        Sites that the radiologist may read for at this moment.
    """

    user_id: int | None
    name: str
    radiologist_id: int | None = None
    grants: tuple[Grant, ...] = ()
    readable_site_ids: frozenset[int] = field(default_factory=frozenset)

    @property
    def roles(self) -> frozenset[Role]:
        """The roles held, in whatever scope."""
        return frozenset(grant.role for grant in self.grants)


SYSTEM = Actor(user_id=None, name="system", grants=(Grant(Role.GCS_ADMIN),))
"""The scheduler and the command line: what nobody in particular does."""


def scope_of(actor: Actor, permission: Permission) -> Scope:
    """Return how far the actor holds the permission: what a query must be limited to.

    A radiologist does what has to do with reading for the sites they may read for, whatever the
    scope of the role. What the group shares reaches everything (`GROUP_WIDE`).
    """
    scope = Scope()
    for grant in actor.grants:
        if permission not in PERMISSIONS[grant.role]:
            continue
        if permission in GROUP_WIDE:
            return EVERYTHING
        if grant.role is Role.RADIOLOGIST and permission in BY_READING_RIGHT:
            scope = scope.join(Scope(site_ids=actor.readable_site_ids))
        else:
            scope = scope.join(grant.scope)
    return scope


def holds(actor: Actor, permission: Permission) -> bool:
    """Tell whether a role of the actor gives the permission, in whatever scope, even an empty one.

    The check at a route's door; what the route then reads or changes is checked by `may`.
    """
    return any(permission in PERMISSIONS[role] for role in actor.roles)


def may(
    actor: Actor,
    permission: Permission,
    *,
    society_id: int | None = None,
    site_id: int | None = None,
) -> bool:
    """May the actor do this to something of that society or of that site?

    Parameters
    ----------
    society_id
        Society that the thing belongs to; of a site, its referent society.
    site_id
        Site that the thing belongs to. With neither it is the group's: only a grant for the
        whole group is enough.
    """
    return scope_of(actor, permission).covers(society_id=society_id, site_id=site_id)


def require(
    actor: Actor,
    permission: Permission,
    *,
    society_id: int | None = None,
    site_id: int | None = None,
) -> None:
    """Refuse what `may` does not allow.

    Raises
    ------
    PermissionDenied
        If the actor does not hold the permission for that society or site.
    """
    if not may(actor, permission, society_id=society_id, site_id=site_id):
        raise PermissionDenied(permission)
