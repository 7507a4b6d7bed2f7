"""Lists that come in pages: `?limit=` rows after the one that `?after=` names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from app.web.schemas import LARGEST_KEY

Item = TypeVar("Item")
_DEFAULT_LIMIT = 100
_LARGEST_LIMIT = 500


@dataclass(frozen=True, slots=True)
class PageQuery:
    """Which part of a list is wanted.

    Repositories take `limit=page.fetch` and `after=page.after`, and return rows in the order of
    their key; `cut` then knows whether there is more.
    """

    limit: int
    after: int | None

    @property
    def fetch(self) -> int:
        """How many rows to fetch: one more than is shown tells whether there is another page."""
        return self.limit + 1


def _read_page_query(
    limit: Annotated[int, Query(ge=1, le=_LARGEST_LIMIT)] = _DEFAULT_LIMIT,
    after: Annotated[
        int | None, Query(ge=0, le=LARGEST_KEY, description="`next` of the page before")
    ] = None,
) -> PageQuery:
    return PageQuery(limit=limit, after=after)


WantedPage = Annotated[PageQuery, Depends(_read_page_query)]
"""The part of the list that the caller wants."""


class Page(BaseModel, Generic[Item]):
    """A part of a list, and the key to the next one."""

    model_config = ConfigDict(frozen=True)

    items: list[Item]
    next: int | UUID | None = Field(default=None, description="for `after`; absent at the end")


def cut(
    items: Sequence[Item], *, page: PageQuery, keys: Sequence[int] | Sequence[UUID]
) -> Page[Item]:
    """Make a page of what was fetched.

    Parameters
    ----------
    items
        At most `page.fetch` of them, in order.
    page
        What was wanted.
    keys
        The key of each item.
    """
    more = len(items) > page.limit
    return Page(items=list(items[: page.limit]), next=keys[page.limit - 1] if more else None)
