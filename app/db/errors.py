"""What the database says when it refuses: constraint names and SQLSTATE codes."""

from sqlalchemy.exc import DBAPIError

_TRANSACTION_ROLLBACK_CLASS = "40"


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
