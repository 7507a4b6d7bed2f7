"""How a study finds its request."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.requests.domain.matching import RequestKey, StudyKey, find_match

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
WITHIN = timedelta(hours=12)
DUMMIES = ("INCONNU", "0000")

STUDY = StudyKey(site_id=1, accession_numbers=frozenset({"A-1"}), patient_id="PID", at=NOON)
REQUEST = RequestKey(
    request_id=7, site_id=1, accession_number="A-1", patient_id="PID", requested_at=NOON
)


def find(study: StudyKey, *requests: RequestKey) -> int | None:
    return find_match(study, requests, within=WITHIN, dummy_patient_ids=DUMMIES)


def test_an_accession_number_is_enough_however_long_ago() -> None:
    old = replace(REQUEST, patient_id="", requested_at=NOON - timedelta(days=20))

    assert find(STUDY, old) == 7


def test_one_of_several_accession_numbers_is_enough() -> None:
    assert find(replace(STUDY, accession_numbers=frozenset({"", "B", "a-1 "})), REQUEST) == 7


def test_the_accession_number_goes_before_the_patient() -> None:
    other = replace(REQUEST, request_id=8, accession_number="B")

    assert find(STUDY, other, REQUEST) == 7


def test_two_requests_of_one_accession_number_are_left_to_a_click() -> None:
    assert find(STUDY, REQUEST, replace(REQUEST, request_id=8)) is None


@pytest.mark.parametrize("hours", [-12, 0, 12])
def test_without_an_accession_number_the_patient_counts_for_twelve_hours(hours: int) -> None:
    study = replace(STUDY, accession_numbers=frozenset(), at=NOON + timedelta(hours=hours))

    assert find(study, REQUEST) == 7
    assert find(replace(study, patient_id="other"), REQUEST) is None


@pytest.mark.parametrize("away", [timedelta(hours=12, microseconds=1), timedelta(hours=-13)])
def test_after_twelve_hours_the_patient_alone_says_nothing(away: timedelta) -> None:
    assert find(replace(STUDY, accession_numbers=frozenset(), at=NOON + away), REQUEST) is None


def test_two_requests_of_one_patient_are_left_to_a_click() -> None:
    study = replace(STUDY, accession_numbers=frozenset({"C"}))

    assert find(study, REQUEST, replace(REQUEST, request_id=8, accession_number="B")) is None


@pytest.mark.parametrize("dummy", ["", "  ", "INCONNU", "inconnu ", "0000"])
def test_a_dummy_patient_id_finds_nothing(dummy: str) -> None:
    study = replace(STUDY, accession_numbers=frozenset(), patient_id=dummy)

    assert find(study, replace(REQUEST, accession_number="", patient_id=dummy)) is None


def test_an_empty_accession_number_finds_nothing() -> None:
    study = replace(STUDY, accession_numbers=frozenset({""}), patient_id="")

    assert find(study, replace(REQUEST, accession_number="")) is None


def test_another_site_with_the_same_identifiers_is_another_patient() -> None:
    assert find(STUDY, replace(REQUEST, site_id=2)) is None


IDENTIFIERS = st.sampled_from(["", "A", "a", "B", "INCONNU"])
REQUESTS = st.builds(
    RequestKey,
    request_id=st.integers(1, 5),
    site_id=st.integers(1, 2),
    accession_number=IDENTIFIERS,
    patient_id=IDENTIFIERS,
    requested_at=st.integers(-20, 20).map(lambda hours: NOON + timedelta(hours=hours)),
)
STUDIES = st.builds(
    StudyKey,
    site_id=st.integers(1, 2),
    accession_numbers=st.frozensets(IDENTIFIERS),
    patient_id=IDENTIFIERS,
    at=st.just(NOON),
)


@given(STUDIES, st.lists(REQUESTS, max_size=6, unique_by=lambda each: each.request_id))
def test_what_is_found_fits_and_is_the_only_one_that_fits_as_well(
    study: StudyKey, requests: list[RequestKey]
) -> None:
    found = find(study, *requests)

    accessions = {each.upper() for each in study.accession_numbers} - {""}
    named = [
        each
        for each in requests
        if each.site_id == study.site_id and each.accession_number.upper() in accessions
    ]
    of_patient = [
        each
        for each in requests
        if each.site_id == study.site_id
        and each.patient_id.upper() == study.patient_id.upper() not in {"", "INCONNU"}
        and abs(each.requested_at - NOON) <= WITHIN
    ]
    fitting = named or of_patient
    assert found == (fitting[0].request_id if len(fitting) == 1 else None)
    assert found == find(study, *reversed(requests))
