"""Which earlier studies go to the reader."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.delivery.domain.priors import Prior, choose_priors
from app.dispatch.domain.exams import ExamKind, Region

NIGHT = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
HEAD = ExamKind("CT", Region.HEAD)


def make_prior(
    study_id: int, kind: ExamKind = HEAD, *, made_on: str = "20250101", hours: int = 1
) -> Prior:
    return Prior(study_id, kind, made_on, NIGHT - timedelta(hours=hours))


def test_region_and_modality_come_first_then_the_region_then_the_modality() -> None:
    priors = [
        make_prior(1, ExamKind("US", Region.ABDOMEN), made_on="20260101"),
        make_prior(2, ExamKind("CT", Region.CHEST), made_on="20260101"),
        make_prior(3, ExamKind("MR", Region.HEAD)),
        make_prior(4),
    ]

    assert choose_priors(priors, kind=HEAD, most=9) == (4, 3, 2, 1)


def test_of_one_kind_the_newest_comes_first() -> None:
    priors = [make_prior(1, made_on="20240101"), make_prior(2, made_on="20260101"), make_prior(3)]

    assert choose_priors(priors, kind=HEAD, most=2) == (2, 3)


@pytest.mark.parametrize("made_on", ["", "2024", "UNKNOWN1"])
def test_a_date_that_is_none_counts_as_the_day_of_arrival(made_on: str) -> None:
    priors = [make_prior(1, made_on=made_on), make_prior(2, made_on="20261119")]

    assert choose_priors(priors, kind=HEAD, most=1) == (1,)


def test_a_region_that_nobody_named_is_like_no_other() -> None:
    unnamed = ExamKind("CT", Region.OTHER)
    priors = [make_prior(1, unnamed), make_prior(2, HEAD, made_on="20260101")]

    assert choose_priors(priors, kind=unnamed, most=1) == (2,)


KINDS = st.builds(ExamKind, st.sampled_from(["CT", "MR", "US"]), st.sampled_from(Region))
PRIORS = st.lists(
    st.builds(
        make_prior,
        st.integers(1, 50),
        KINDS,
        made_on=st.sampled_from(["", "20200101", "20250630", "20261120"]),
        hours=st.integers(0, 9000),
    ),
    max_size=12,
    unique_by=lambda prior: prior.study_id,
)


@given(priors=PRIORS, kind=KINDS, most=st.integers(0, 6))
def test_no_more_than_asked_each_once_and_whatever_their_order(
    priors: list[Prior], kind: ExamKind, most: int
) -> None:
    chosen = choose_priors(priors, kind=kind, most=most)

    assert len(set(chosen)) == len(chosen) == min(most, len(priors))
    assert chosen == choose_priors(reversed(priors), kind=kind, most=most)
    assert chosen == choose_priors(priors, kind=kind, most=len(priors))[:most]
