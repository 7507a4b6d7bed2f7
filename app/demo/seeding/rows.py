"""What is there already, by what people know it by."""

from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.base import Base

Row = TypeVar("Row", bound=Base)


async def read_by(session: AsyncSession, model: type[Row], key: str) -> dict[str, Row]:
    """Read all rows of a small table by one of its columns."""
    return {getattr(row, key): row for row in await session.scalars(select(model))}
