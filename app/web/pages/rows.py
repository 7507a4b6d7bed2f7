"""Rows of the worklist as HTML, each rendered once for all who see the same."""

import json
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from markupsafe import Markup

from app.cases.domain.states import OPEN_FOR_DISPATCH
from app.directory.domain import Actor, Permission, Scope, scope_of
from app.web.pages.rendering import Frame, environment_of
from app.web.subscription import Rows
from app.worklist.views.worklist import WorklistRow

_KEPT = 4096
_KEPT_WRITTEN = 64
"""What is sent now: each page is sent it within a second or so."""


class Stance(StrEnum):
    """How who looks stands to a case."""

    STRANGER = "stranger"
    NOMINEE = "nominee"
    READER = "reader"


@dataclass(frozen=True, slots=True)
class RowView:
    """All that the HTML of a row depends on, besides language and zone.

    The row itself is the key, with its version: what the database holds beside the case (who is
    asked, how many images have arrived at a centre) then needs no version of its own.
    """

    row: WorklistRow
    stance: Stance
    may_acknowledge: bool
    may_claim: bool
    may_put_aside: bool = False
    may_resume: bool = False
    may_answer: bool = False
    """Are they asked whether they still read it?"""


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Who looks, as far as rows depend on it."""

    radiologist_id: int | None
    claim_scope: Scope

    def view(self, row: WorklistRow) -> RowView:
        """Say what this one sees of a row."""
        stance = self._stand(row)
        nominee = next(
            (each for each in row.nominees if each.radiologist_id == self.radiologist_id), None
        )
        readable = self.claim_scope.everything or row.site_id in self.claim_scope.site_ids
        unclaimed = row.state in OPEN_FOR_DISPATCH and row.reader_id is None
        had_it = row.was_with is not None and row.was_with.radiologist_id == self.radiologist_id
        own = row.claim if stance is Stance.READER else None
        return RowView(
            row=row,
            stance=stance,
            may_acknowledge=nominee is not None and not nominee.acknowledged,
            may_claim=self.radiologist_id is not None
            and unclaimed
            and (readable or nominee is not None or had_it),
            may_put_aside=own is not None and own.stage != "aside",
            may_resume=own is not None and own.is_aside,
            may_answer=own is not None and own.is_asked and not own.is_aside,
        )

    def _stand(self, row: WorklistRow) -> Stance:
        if self.radiologist_id is None:
            return Stance.STRANGER
        if row.reader_id == self.radiologist_id:
            return Stance.READER
        asked = any(each.radiologist_id == self.radiologist_id for each in row.nominees)
        return Stance.NOMINEE if asked else Stance.STRANGER


def onlooker_of(actor: Actor) -> Onlooker:
    """Take what rows depend on from who looks."""
    scope = scope_of(actor, Permission.CASE_CLAIM)
    return Onlooker(None if scope.is_empty else actor.radiologist_id, scope)


_Writing = tuple[Onlooker, str, str, datetime | None, tuple[tuple[int, WorklistRow | None], ...]]


class RowCache:
    """The last rows that were rendered, by what they depend on.

    Parameters
    ----------
    kept
        At most so many, > 0; the one that was not asked for longest goes first.
    """

    def __init__(self, kept: int = _KEPT) -> None:
        self._kept = kept
        self._rows: OrderedDict[tuple[RowView, str, str], Markup] = OrderedDict()
        self._written: OrderedDict[_Writing, bytes] = OrderedDict()
        self.rendered_count = 0

    def render(self, view: RowView, *, frame: Frame) -> Markup:
        """Give the HTML of a row, rendering it if nobody has seen it so before."""
        key = (view, frame.language, frame.zone.key)
        html = self._rows.pop(key, None)
        if html is None:
            html = _render(view, frame)
            self.rendered_count += 1
        self._rows[key] = html
        while len(self._rows) > self._kept:
            self._rows.popitem(last=False)
        return html

    def write(self, rows: Rows, *, at: datetime | None, onlooker: Onlooker, frame: Frame) -> bytes:
        """Write rows as JSON, once for all pages on which they look the same.

        Parameters
        ----------
        at
            When they were read, aware.

        Returns
        -------
        bytes
            `{"at": instant, "rows": {case: HTML or null}}`.
        """
        key = (onlooker, frame.language, frame.zone.key, at, tuple(rows.items()))
        text = self._written.get(key)
        if text is None:
            html = {
                case_id: None if row is None else self.render(onlooker.view(row), frame=frame)
                for case_id, row in rows.items()
            }
            text = json.dumps({"at": at and at.isoformat(), "rows": html}).encode()
            self._written[key] = text
            while len(self._written) > _KEPT_WRITTEN:
                self._written.popitem(last=False)
        return text


def _render(view: RowView, frame: Frame) -> Markup:
    template = environment_of(frame.language).get_template("worklist/row.html")
    # Our own template's output, which has escaped every value.
    return Markup(template.render(view=view, zone=frame.zone))  # noqa: S704
