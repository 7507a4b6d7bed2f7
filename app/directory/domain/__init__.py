"""Rules of the directory: who is who, and who may do what."""

from app.directory.domain.actor import (
    EVERYTHING,
    SYSTEM,
    Actor,
    Grant,
    PermissionDenied,
    Scope,
    holds,
    may,
    require,
    scope_of,
)
from app.directory.domain.errors import AlreadyTaken, InvalidField
from app.directory.domain.permissions import Permission
from app.directory.domain.roles import PERMISSIONS, Role

__all__ = [
    "EVERYTHING",
    "PERMISSIONS",
    "SYSTEM",
    "Actor",
    "AlreadyTaken",
    "Grant",
    "InvalidField",
    "Permission",
    "PermissionDenied",
    "Role",
    "Scope",
    "holds",
    "may",
    "require",
    "scope_of",
]
