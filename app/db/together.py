"""Several questions at once: what needs no answer of another one does not wait for it.

Each statement by itself costs a round trip, in which nobody works: who asks waits until the server
has answered, and the server until it is asked again. In the pipeline mode of the protocol (libpq,
"Pipeline Mode") the server answers the second while the first answer is on its way.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import psycopg
from psycopg.rows import TupleRow
from sqlalchemy import Dialect, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

Answer = TypeVar("Answer")
_Rows = Sequence[tuple[Any, ...]]


class Query(Generic[Answer]):
    """A statement that only reads, built once, and how its rows are read.

    Parameters
    ----------
    statement
        Every name in it is given a value each time; a list as an array (`app.db.arrays`), never as
        names that depend on how many there are.
    read
        Makes the answer of the rows, as the driver reads them: no type of the statement converts
        a value.
    """

    def __init__(
        self, statement: Select[*tuple[Any, ...]], *, read: Callable[[_Rows], Answer]
    ) -> None:
        self._statement = statement
        self._written: tuple[str, dict[str, object]] | None = None
        self.read = read

    def of(self, **given: object) -> "Question[Answer]":
        """Ask it of these values."""
        return Question(self, given)

    def write(self, dialect: Dialect, given: Mapping[str, object]) -> tuple[str, dict[str, object]]:
        """Write it, with all its values, as the driver takes it.

        Raises
        ------
        TypeError
            If a value is given that it does not name as it stands.
        """
        if self._written is None:
            state = self._statement.compile(dialect=dialect).construct_expanded_state(dict(given))
            if unknown := given.keys() - state.parameters.keys():
                names = ", ".join(sorted(unknown))
                raise TypeError(f"the statement names no {names}, or lists it value by value")
            own = {name: state.parameters[name] for name in state.parameters.keys() - given}
            self._written = state.statement, own
        statement, own = self._written
        return statement, {**own, **given}


@dataclass(frozen=True, slots=True)
class Question(Generic[Answer]):
    """A query, and what it is asked of."""

    query: Query[Answer]
    given: Mapping[str, object]


class Asked(Generic[Answer]):
    """A question that was asked; its answer is there once the block is left."""

    def __init__(self, question: Question[Answer]) -> None:
        self.question = question
        self._answers: list[Answer] = []

    def take(self, rows: _Rows) -> None:
        """Read the rows that it was answered with."""
        self._answers.append(self.question.query.read(rows))

    @property
    def answer(self) -> Answer:
        """What was answered."""
        if not self._answers:
            raise RuntimeError("a question is answered when the block is left in which it is asked")
        return self._answers[0]


class Questions:
    """What is asked together."""

    def __init__(self) -> None:
        self.asked: list[Asked[Any]] = []

    def ask(self, question: Question[Answer]) -> Asked[Answer]:
        """Ask a question with the others."""
        asked = Asked(question)
        self.asked.append(asked)
        return asked


@asynccontextmanager
async def together(session: AsyncSession) -> AsyncIterator[Questions]:
    """Gather questions in a block; at its end they are sent one behind the other, and answered.

    What the session holds is written before, as for any other statement.

    Raises
    ------
    DBAPIError
        If the server refuses one of them, or does not answer.
    """
    questions = Questions()
    yield questions
    if questions.asked:
        await _send(session, questions.asked)


async def ask(session: AsyncSession, question: Question[Answer]) -> Answer:
    """Ask one question."""
    asked = Asked(question)
    await _send(session, [asked])
    return asked.answer


async def _send(session: AsyncSession, asked: Sequence[Asked[Any]]) -> None:
    if session.new or session.dirty or session.deleted:
        await session.flush()
    connection = await session.connection()
    driver = (await connection.get_raw_connection()).driver_connection
    if not isinstance(driver, psycopg.AsyncConnection):
        raise TypeError(f"no connection of psycopg: {type(driver).__name__}")
    written = [each.question.query.write(connection.dialect, each.question.given) for each in asked]
    cursors: list[psycopg.AsyncCursor[TupleRow]] = []
    try:
        cursors += [driver.cursor(binary=True) for _ in asked]
        async with _piping(connection, driver):
            for cursor, (statement, given) in zip(cursors, written, strict=True):
                await cursor.execute(statement, given)
        for each, cursor in zip(asked, cursors, strict=True):
            each.take(await cursor.fetchall())
    except psycopg.Error as error:
        answered = sum(each.pgresult is not None for each in cursors)
        refused = written[min(answered, len(written) - 1)][0]
        raise await _wrap(error, refused, connection, is_lost=driver.closed) from error


@asynccontextmanager
async def _piping(
    connection: AsyncConnection, driver: psycopg.AsyncConnection[TupleRow]
) -> AsyncIterator[None]:
    """Let what is sent in a block not wait for answers.

    Whoever is cancelled meanwhile gives the connection up: it would wait for the answer to all that
    was sent, or go back to its pool as it is.
    """
    try:
        async with driver.pipeline():
            try:
                yield
            except asyncio.CancelledError:
                await connection.invalidate()
                raise
    except asyncio.CancelledError:
        if not driver.closed:
            await connection.invalidate()
        raise


async def _wrap(
    error: psycopg.Error, statement: str, connection: AsyncConnection, *, is_lost: bool
) -> BaseException:
    """Make of an error of the driver what SQLAlchemy makes of it, and give up a lost connection."""
    if is_lost:
        await connection.invalidate(error)
    return DBAPIError.instance(
        statement,
        None,
        error,
        psycopg.Error,
        hide_parameters=True,
        connection_invalidated=is_lost,
        dialect=connection.dialect,
    )
