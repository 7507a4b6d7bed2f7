"""How a study finds the request that it answers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyKey:
    """What a study is known by at its site.

    Parameters
    ----------
    accession_numbers
        All that its images carry; empty ones say nothing.
    patient_id
        As received; empty when there is none.
    at
        When its first image arrived, aware.
    """

    site_id: int
    accession_numbers: frozenset[str]
    patient_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKey:
    """What a standing request is known by at its site; `requested_at` is aware."""

    request_id: int
    site_id: int
    accession_number: str
    patient_id: str
    requested_at: datetime


def find_match(
    study: StudyKey,
    requests: Sequence[RequestKey],
    *,
    within: timedelta,
    dummy_patient_ids: Collection[str],
) -> int | None:
    """Find the one request that a study answers.

    By site and accession number; when no request has one of the study's, by site and PatientID
    within the given time. Nothing is compared across sites. Where two requests fit, none is taken:
    somebody who knows the patient decides.

    Parameters
    ----------
    requests
        Standing ones, in any order.
    within
        How far request and first image may lie apart, either way; ends included.
    dummy_patient_ids
        Identifiers that say nothing, in any case; the empty one always says nothing.

    Returns
    -------
    int or None
        Nothing when none fits, or more than one.
    """
    at_site = [each for each in requests if each.site_id == study.site_id]
    accessions = {_fold(each) for each in study.accession_numbers} - {""}
    by_accession = [each for each in at_site if _fold(each.accession_number) in accessions]
    if by_accession:
        return _only(by_accession)
    patient_id = _fold(study.patient_id)
    if not patient_id or patient_id in {_fold(each) for each in dummy_patient_ids}:
        return None
    of_patient = [each for each in at_site if _fold(each.patient_id) == patient_id]
    return _only([each for each in of_patient if abs(study.at - each.requested_at) <= within])


def _fold(identifier: str) -> str:
    return identifier.strip().upper()


def _only(found: Sequence[RequestKey]) -> int | None:
    return found[0].request_id if len(found) == 1 else None
