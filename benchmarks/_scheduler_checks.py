"""What must be true of every case and every step when schedulers were killed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import dict_row

from app.db.engine import connect
from benchmarks._arrivals import Arrived

_OPEN = """
SELECT count(*) FROM unnest(%s::bigint[]) AS sent (id) WHERE NOT EXISTS (
    SELECT FROM case_study JOIN "case" ON "case".id = case_study.case_id
    WHERE case_study.study_id = sent.id AND case_study.ended_at IS NULL
      AND ("case".state = 'reading' OR "case".state = 'nominated' AND EXISTS (
          SELECT FROM case_event WHERE case_event.case_id = "case".id
            AND case_event.kind = 'hospital_told')))
"""
_LINKS = """
SELECT study.id AS study_id, array_agg(case_study.case_id) FILTER (
    WHERE case_study.ended_at IS NULL) AS case_ids
FROM study LEFT JOIN case_study ON case_study.study_id = study.id GROUP BY study.id
"""
_EVENTS = """
SELECT case_id, kind, state_from, state_to, at, reason, detail FROM case_event ORDER BY case_id, id
"""
_DECISIONS = """
SELECT case_id, cause, count(*) AS count FROM decision
WHERE jsonb_array_length(ranking -> 'nominees') > 0 GROUP BY case_id, cause
"""
_NOMINATIONS = """
SELECT nomination.case_id, nomination.radiologist_id, nomination.ended_at,
    (SELECT count(*) FROM notification WHERE notification.nomination_id = nomination.id
        AND channel = 'browser') AS told
FROM nomination
"""
_TASKS = """SELECT case_id, kind FROM task WHERE settled_at IS NULL"""
_CLAIMS = """SELECT case_id, radiologist_id, claimed_at FROM claim WHERE ended_at IS NULL"""
_STATES = """SELECT id AS case_id, state, step, dispatch_due_at, step_due_at FROM "case" """
_AUDIENCES = ("on_guard", "backup", "hospital")

Row = dict[str, Any]


@dataclass(slots=True)
class Checked:
    """How many steps were taken, the latest how late, and what is wrong in sentences."""

    steps: int = 0
    latest_s: float = 0.0
    wrong: list[str] = field(default_factory=list)


def count_unfinished(url: str, *, arrived: Arrived) -> int:
    """Count the exams whose case is not claimed, and whose hospital has not been told."""
    with connect(url) as connection:
        row = connection.execute(_OPEN, (list(arrived.study_ids),)).fetchone()
    return int(row[0]) if row is not None else 0


def check_steps(url: str, *, arrived: Arrived, steps_s: Sequence[int]) -> Checked:
    """Check that each exam has one case, offered once, and each of its steps was taken once.

    Parameters
    ----------
    steps_s
        When the steps are due after the case was offered; nobody has seen any of them.
    """
    rows = _Rows(url)
    checked = Checked()
    checked.wrong += _check_links(rows.links, arrived)
    for case_id in sorted(rows.states):
        _check_case(rows.take(case_id), claimed_by=arrived.claimed.get(case_id), checked=checked)
        _check_times(rows.take(case_id), steps_s=steps_s, checked=checked)
    return checked


@dataclass(frozen=True, slots=True, kw_only=True)
class _CaseRows:
    """All rows of a case."""

    case_id: int
    state: Row
    events: Sequence[Row]
    decided: Mapping[str, int]
    nominations: Sequence[Row]
    tasks: Sequence[str]
    claims: Sequence[Row]

    def list_events(self, kind: str) -> list[Row]:
        return [each for each in self.events if each["kind"] == kind]


class _Rows:
    def __init__(self, url: str) -> None:
        with connect(url) as connection:

            def ask(query: str) -> list[Row]:
                cursor = connection.cursor(row_factory=dict_row)
                return cursor.execute(query.encode()).fetchall()

            self.links = ask(_LINKS)
            self.states = {row["case_id"]: row for row in ask(_STATES)}
            self._events, self._decisions = ask(_EVENTS), ask(_DECISIONS)
            self._nominations, self._tasks = ask(_NOMINATIONS), ask(_TASKS)
            self._claims = ask(_CLAIMS)

    def take(self, case_id: int) -> _CaseRows:
        def own(rows: Sequence[Row]) -> list[Row]:
            return [row for row in rows if row["case_id"] == case_id]

        return _CaseRows(
            case_id=case_id,
            state=self.states[case_id],
            events=own(self._events),
            decided={row["cause"]: row["count"] for row in own(self._decisions)},
            nominations=own(self._nominations),
            tasks=[row["kind"] for row in own(self._tasks)],
            claims=own(self._claims),
        )


def _check_links(links: Sequence[Row], arrived: Arrived) -> list[str]:
    by_study = {row["study_id"]: row["case_ids"] or [] for row in links}
    lost = [each for each in arrived.study_ids if not by_study.get(each)]
    twice = [each for each, case_ids in by_study.items() if len(case_ids) > 1]
    return [f"study {each} has no case" for each in lost] + [
        f"study {each} has several cases" for each in twice
    ]


def _check_case(rows: _CaseRows, *, claimed_by: int | None, checked: Checked) -> None:
    """Check who was asked, and what was done with it."""
    offered = [each["state_to"] for each in rows.events if each["state_from"] == "open"]
    asked = [each["radiologist_id"] for each in rows.nominations]
    standing = [each for each in rows.nominations if each["ended_at"] is None]
    steps = rows.list_events("widened")
    told = len(rows.list_events("hospital_told"))
    findings = [
        ("moves from open", offered, ["nominated"]),
        ("decisions when due", rows.decided.get("due", 0), 1),
        ("decisions made twice", [cause for cause, n in rows.decided.items() if n > 1], []),
        ("readers asked twice", len(asked) - len(set(asked)), 0),
        ("nominations told to no page", [row for row in rows.nominations if not row["told"]], []),
        ("steps", [each["detail"]["step"] for each in steps], list(range(1, len(steps) + 1))),
        ("whom they ask", [each["reason"] for each in steps], list(_AUDIENCES[: len(steps)])),
        ("step kept", rows.state["step"], len(steps)),
        ("hospital told", told, int(len(steps) == len(_AUDIENCES))),
    ]
    fallback = rows.tasks.count("use_fallback")
    if claimed_by is None:
        findings += [
            ("state", rows.state["state"], "nominated"),
            ("steps taken", len(steps), len(_AUDIENCES)),
            ("step still due", rows.state["step_due_at"], None),
            ("readers no longer asked", len(asked) - len(standing), 0),
            ("claims", len(rows.claims), 0),
            ("tasks to use the fallback", fallback, 1),
        ]
    else:
        claims = [each["radiologist_id"] for each in rows.claims]
        findings += [
            ("state", rows.state["state"], "reading"),
            ("claims", claims, [claimed_by]),
            ("tasks to use the fallback", fallback, 0),
        ]
    checked.wrong += [
        f"case {rows.case_id}: {what}: {found} instead of {wanted}"
        for what, found, wanted in findings
        if found != wanted
    ]


def _check_times(rows: _CaseRows, *, steps_s: Sequence[int], checked: Checked) -> None:
    """Check that no step was taken early, and none once the case was claimed."""
    offered = [each["at"] for each in rows.events if each["state_from"] == "open"]
    steps = rows.list_events("widened")
    for number, (after_s, step) in enumerate(zip(steps_s, steps, strict=False), start=1):
        if offered:
            due: datetime = offered[0] + timedelta(seconds=after_s)
            late_s = (step["at"] - due).total_seconds()
            checked.steps += 1
            checked.latest_s = max(checked.latest_s, late_s)
            if late_s < 0:
                checked.wrong.append(f"case {rows.case_id}: step {number} came {-late_s} s early")
    # In the order in which they were written: each of them held the row of the case.
    order = [each["state_to"] or each["kind"] for each in rows.events]
    if "reading" in order and "widened" in order[order.index("reading") :]:
        checked.wrong.append(f"case {rows.case_id} was widened after it was claimed")
