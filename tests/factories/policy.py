"""Cases and readers as a decision sees them, and Hypothesis strategies of both."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from app.dispatch.domain.policy import CaseToRead, Circle, Line, Parameters, Reader, Ring
from app.dispatch.domain.policy.answer import EXPLAINED
from app.dispatch.domain.policy.parameters import PRIORITIES, Specialty
from app.dispatch.domain.presence import PresenceState
from app.kit.interval import Interval

NIGHT = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
GUARD = Interval(NIGHT - timedelta(hours=1), NIGHT + timedelta(hours=3))
READ_MINUTES = 15.0


def make_case(priority: str = "P2", **overrides: Any) -> CaseToRead:
    """Make a case that is due in an hour, offered to as many as its priority asks."""
    values: dict[str, Any] = {
        "case_id": 1,
        "signed_due_at": NIGHT + timedelta(hours=1),
        "readers_at_once": 1,
    }
    return CaseToRead(priority=priority, **(values | overrides))


def make_reader(radiologist_id: int, **overrides: Any) -> Reader:
    """Make a reader of the first line who is at hand; what lies ahead takes 15 min a case."""
    values: dict[str, Any] = {
        "line": Line.FIRST,
        "guard": GUARD,
        "ring": Ring.GCS,
        "may_read_site": True,
        "claims": 0,
        "nominations": 0,
        "claims_last_hour": 0,
        "hourly_cap": 10,
    } | overrides
    values.setdefault("ahead_minutes", READ_MINUTES * (values["claims"] + values["nominations"]))
    return Reader(radiologist_id=radiologist_id, **values)


SPECIALTIES = ("neuro", "abdomen", "thorax")
_minutes = st.floats(0, 90, allow_nan=False).map(lambda each: round(each, 2))
_guards = st.builds(
    lambda began, ends: Interval(NIGHT + began, NIGHT + ends),
    st.timedeltas(timedelta(hours=-9), timedelta(hours=2)),
    st.timedeltas(timedelta(hours=2, minutes=1), timedelta(hours=9)),
)


def draw_readers(**fixed: Any) -> st.SearchStrategy[Reader]:
    """Draw readers of every kind; most of them are on guard at `NIGHT`."""
    drawn: dict[str, Any] = {
        "line": st.sampled_from(Line),
        "guard": st.one_of(st.just(GUARD), _guards),
        "ring": st.sampled_from(Ring),
        "may_read_site": st.booleans(),
        "claims": st.integers(0, 5),
        "nominations": st.integers(0, 5),
        "ahead_minutes": _minutes,
        "claims_last_hour": st.integers(0, 14),
        "read_minutes": st.floats(1, 60, allow_nan=False).map(lambda each: round(each, 2)),
        "transfer_minutes": _minutes,
        "sub_specialties": st.lists(st.sampled_from(SPECIALTIES), max_size=2, unique=True).map(
            lambda each: tuple(sorted(each))
        ),
        "society_deficit": st.integers(-5000, 5000).map(lambda each: each / 1000),
        "points": st.integers(-20_000, 20_000),
        "presence": st.sampled_from(PresenceState),
        "has_declined": st.booleans(),
        "is_called_to_site": st.booleans(),
    }
    return st.builds(make_reader, st.integers(1, 30), **(drawn | fixed))


def draw_teams(**fixed: Any) -> st.SearchStrategy[list[Reader]]:
    """Draw readers, each radiologist once; a decision explains all of them."""
    return st.lists(
        draw_readers(**fixed), max_size=EXPLAINED, unique_by=lambda each: each.radiologist_id
    )


def draw_cases(priorities: tuple[str, ...] = PRIORITIES) -> st.SearchStrategy[CaseToRead]:
    """Draw cases of every kind, some late, some that nobody validated."""
    instants = st.timedeltas(timedelta(hours=-3), timedelta(hours=8)).map(NIGHT.__add__)
    return st.builds(
        make_case,
        st.sampled_from(priorities),
        signed_due_at=instants,
        readers_at_once=st.integers(1, 3),
        owner_id=st.none() | st.integers(1, 30),
        waiting_since=st.none() | instants,
        modality=st.sampled_from(["", "CT", "MR"]),
        region=st.sampled_from(["head", "abdomen", "other"]),
        step_due_at=st.none() | instants,
    )


def _rings(minutes: list[int]) -> dict[Ring, float]:
    return dict(zip(Ring, sorted(minutes, reverse=True), strict=True))


def draw_parameters() -> st.SearchStrategy[Parameters]:
    """Draw sets of parameters that hold."""
    affinity = st.lists(st.integers(-240, 240), min_size=4, max_size=4).map(_rings)
    minutes = st.integers(0, 60).map(float)
    specialties = st.builds(
        Specialty,
        sub_specialty=st.sampled_from(SPECIALTIES),
        modality=st.none() | st.just("CT"),
        region=st.sampled_from(["head", "abdomen"]),
        is_required=st.booleans(),
    )
    return st.builds(
        Parameters,
        affinity=st.fixed_dictionaries(dict.fromkeys(PRIORITIES[1:], affinity)),
        bonus=st.fixed_dictionaries(dict.fromkeys(PRIORITIES, minutes)),
        ageing=st.fixed_dictionaries(dict.fromkeys(PRIORITIES, st.floats(0, 5, allow_nan=False))),
        hourly_cap=st.integers(1, 20),
        closing_minutes=st.integers(0, 60).map(float),
        specialties=st.lists(specialties, max_size=4).map(tuple),
    )


circles = st.sampled_from(Circle)
