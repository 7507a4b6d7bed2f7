"""What radiologists do for themselves, and planners for others."""

from dataclasses import replace

from app.directory.domain import Actor, Permission, Role, may


def beyond_oneself(actor: Actor) -> Actor:
    """Leave only the grants by which an actor may do for others what all do for themselves.

    A radiologist's own role gives them their own absences, wishes and swaps, in whatever scope it
    was granted.
    """
    grants = tuple(each for each in actor.grants if each.role is not Role.RADIOLOGIST)
    return replace(actor, grants=grants)


def may_for(
    actor: Actor, permission: Permission, *, radiologist_id: int, society_id: int | None
) -> bool:
    """May the actor do this for a radiologist: themselves, or one of a society they plan for?

    Parameters
    ----------
    society_id
        Where the radiologist belongs now.
    """
    if actor.radiologist_id == radiologist_id:
        return True
    return may(beyond_oneself(actor), permission, society_id=society_id)
