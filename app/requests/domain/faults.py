"""What is wrong with what a request says, field by field."""

from dataclasses import dataclass

from app.kit.errors import Conflict, Invalid


@dataclass(frozen=True, slots=True)
class Fault:
    """A field that breaks its rule; the message never repeats what was typed."""

    field: str
    message: str


class ContentRefused(Invalid):
    """A request does not hold what it must.

    Parameters
    ----------
    faults
        Every field that breaks its rule, at least one.
    """

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        named = ", ".join(dict.fromkeys(fault.field for fault in faults))
        super().__init__(f"the request does not hold what it must: {named}; see errors")
        self.faults = faults


class DecidedContentFixed(Conflict):
    """What a radiologist decided on no longer changes."""

    def __init__(self, names: frozenset[str]) -> None:
        super().__init__(
            f"a radiologist decided on this request as it is: {', '.join(sorted(names))} can no "
            "longer change; cancel it and make another, or call the radiologist"
        )
        self.names = names
