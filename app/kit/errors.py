"""The five kinds of error that the domain knows.

Every feature subclasses one of them. None carries a protocol's code: each edge (HTTP, DICOM,
command line) has its own table from category to code.
"""


class AppError(Exception):
    """What went wrong, where, and what to do, in one message for a person.

    Parameters
    ----------
    message
        Free of patient data: it may reach a log or a page.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(AppError):
    """The thing asked for does not exist, or not for this caller."""


class Conflict(AppError):
    """Somebody or something came first; the caller must look again before another try."""


class Invalid(AppError):
    """The input breaks a rule; nothing was changed."""


class NotAllowed(AppError):
    """The caller may not do this."""


class Unavailable(AppError):
    """Something that is needed does not answer now; the same call may go through later."""
