"""Keys, or texts, bound as one array: however many there are, the statement stays prepared."""

from collections.abc import Iterable, Sequence

from sqlalchemy import BigInteger, BindParameter, Text, bindparam, literal
from sqlalchemy.dialects.postgresql import ARRAY


def list_of_keys(keys: Iterable[int]) -> BindParameter[list[int]]:
    """Bind keys for `column == any_(list_of_keys(...))`."""
    return literal(list(keys), ARRAY(BigInteger))


def keys_named(name: str) -> BindParameter[Sequence[int]]:
    """Name keys for `column == any_(keys_named(...))` in a statement that is built once."""
    return bindparam(name, type_=ARRAY(BigInteger))


def texts_named(name: str) -> BindParameter[Sequence[str]]:
    """Name texts for `column == any_(texts_named(...))` in a statement that is built once."""
    return bindparam(name, type_=ARRAY(Text))
