"""Errors that name a field of the input."""

from app.kit.errors import Conflict, Invalid


class InvalidField(Invalid):
    """One field of the input breaks a rule.

    Parameters
    ----------
    field
        Name of the field as the API spells it.
    message
        The rule that it breaks; does not repeat the value.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class AlreadyTaken(Conflict):
    """Something else has a value that only one may have.

    Parameters
    ----------
    field
        Name of the field as the API spells it.
    message
        What is taken; does not repeat the value.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
