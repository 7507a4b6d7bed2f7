"""Types that the bodies of all routes share."""

from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

LARGEST_KEY = 2**63 - 1
"""A key is a `bigint`."""

Key = Annotated[int, Path(ge=1, le=LARGEST_KEY)]
"""An id in a path."""

BodyKey = Annotated[int, Field(ge=1, le=LARGEST_KEY)]
"""An id in a body."""

# No control characters: PostgreSQL cannot store NUL, and the others have no place in a name.
Line = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$"
    ),
]
"""One line of text that is not empty."""


class Body(BaseModel):
    """What a caller sends: an unknown field is an error, so that a misspelt one is noticed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class View(BaseModel):
    """What we answer: read from a row or from a view dataclass."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
