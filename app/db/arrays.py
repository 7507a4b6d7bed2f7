"""Keys, texts or rows bound as arrays: however many, the statement stays prepared."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    CollectionAggregate,
    Subquery,
    TableValuedAlias,
    Text,
    any_,
    bindparam,
    cast,
    column,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import TypeEngine


def list_of_keys(keys: Iterable[int]) -> BindParameter[list[int]]:
    """Bind keys for `column == any_(list_of_keys(...))`."""
    return literal(list(keys), ARRAY(BigInteger))


def keys_named(name: str) -> BindParameter[Sequence[int]]:
    """Name keys for `column == any_(keys_named(...))` in a statement that is built once."""
    return bindparam(name, type_=ARRAY(BigInteger))


def any_of_few(name: str) -> CollectionAggregate[bool]:
    """Name keys for `column == any_of_few(...)`, in a statement that takes longer to plan than run.

    After a few executions on a connection one plan is kept, until its tables are counted anew.
    PostgreSQL goes on making a plan each time where it sees that an array is short, as it takes it
    for ten keys otherwise; what a subquery gives it does not see (`choose_custom_plan` in
    plancache.c).
    """
    keys = select(keys_named(name)).scalar_subquery()
    return any_(cast(keys, ARRAY(BigInteger)))


def cases_named(name: str) -> Subquery:
    """Name the keys of cases as rows with a `case_id`."""
    return select(func.unnest(keys_named(name)).label("case_id")).subquery()


def texts_named(name: str) -> BindParameter[Sequence[str]]:
    """Name texts for `column == any_(texts_named(...))` in a statement that is built once."""
    return bindparam(name, type_=ARRAY(Text))


def rows_named(
    name: str, columns: Mapping[str, TypeEngine[Any] | type[TypeEngine[Any]]]
) -> TableValuedAlias:
    """Name rows for a statement that is built once: a list of objects, bound as one document.

    Arrays of texts would be written element by element, each of their quotes escaped.
    """
    typed = [column(each, type_) for each, type_ in columns.items()]
    rows = func.jsonb_to_recordset(bindparam(name, type_=JSONB))
    return rows.table_valued(*typed, name=name).render_derived(with_types=True)


def write_instant(instant: datetime | None) -> str | None:
    """Write an instant, if there is one, as it stands in rows that are bound as one document."""
    return None if instant is None else instant.isoformat()
