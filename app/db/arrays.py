"""Keys bound as one array: however many there are, the statement stays prepared."""

from collections.abc import Iterable

from sqlalchemy import BigInteger, BindParameter, literal
from sqlalchemy.dialects.postgresql import ARRAY


def list_of_keys(keys: Iterable[int]) -> BindParameter[list[int]]:
    """Bind keys for `column == any_(list_of_keys(...))`."""
    return literal(list(keys), ARRAY(BigInteger))
