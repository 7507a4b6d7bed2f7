"""Lists that come in pages: `?limit=` rows after the one that `?after=` names."""

from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from app.web.api.schemas import LARGEST_KEY

Item = TypeVar("Item")
_DEFAULT_LIMIT = 100
_LARGEST_LIMIT = 500


class PageQuery(BaseModel):
    """Which part of a list is wanted.

    Repositories take `limit=page.fetch` and `after=page.after`, and return rows in the order of
    their key; `Page.cut` then knows whether there is more.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: int = Field(default=_DEFAULT_LIMIT, ge=1, le=_LARGEST_LIMIT)
    after: int | None = Field(default=None, ge=0, le=LARGEST_KEY, description="`next` of a page")

    @property
    def fetch(self) -> int:
        """How many rows to fetch: one more than is shown tells whether there is another page."""
        return self.limit + 1


WantedPage = Annotated[PageQuery, Query()]


class Page(BaseModel, Generic[Item]):
    """A part of a list, and the key to the next one."""

    model_config = ConfigDict(frozen=True)

    items: list[Item]
    next: int | None = Field(default=None, description="value for `after`; absent on the last page")


def cut(items: Sequence[Item], *, page: PageQuery, keys: Sequence[int]) -> Page[Item]:
    """Make a page of what was fetched.

    Parameters
    ----------
    items
        At most `page.fetch` of them, in order.
    keys
        The key of each.
    """
    shown = list(items[: page.limit])
    more = len(items) > page.limit
    return Page[Item](items=shown, next=keys[page.limit - 1] if more else None)
