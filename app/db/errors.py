"""What the database says when it refuses: constraint names and SQLSTATE codes."""

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

_TRANSACTION_ROLLBACK_CLASS = "40"
_CONNECTION_CLASS, _SHUTDOWN = "08", "57P0"


def constraint_of(error: DBAPIError) -> str | None:
    """Name the constraint that refused the statement, or nothing when it was not a constraint."""
    diagnostics = getattr(error.orig, "diag", None)
    return getattr(diagnostics, "constraint_name", None)


def sqlstate_of(error: DBAPIError) -> str | None:
    """Return the five characters of the SQLSTATE, or nothing when the server never answered."""
    return getattr(error.orig, "sqlstate", None)


def is_serialization_failure(error: DBAPIError) -> bool:
    """Did the server roll the transaction back so that another may pass (SQLSTATE class 40)?"""
    return (sqlstate_of(error) or "").startswith(_TRANSACTION_ROLLBACK_CLASS)


def is_connection_lost(error: DBAPIError) -> bool:
    """Is the server away or going (class 08, 57P0x), or did it never answer?"""
    code = sqlstate_of(error)
    if code is None:
        return isinstance(error, InterfaceError | OperationalError)
    return error.connection_invalidated or code.startswith((_CONNECTION_CLASS, _SHUTDOWN))
