"""All that the page of a case shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.worklist.views.worklist import WorklistRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A patient as received; nothing is corrected."""

    patient_name: str
    patient_birth_date: str
    """As received: `YYYYMMDD`, or whatever stood there."""
    patient_sex: str
    patient_id: str
    issuer_of_patient_id: str
    domain_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesView:
    """A series as received."""

    modality: str
    series_number: str
    series_description: str
    body_part_examined: str
    instance_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyView:
    """A study as received, with its series by number."""

    study_id: int
    study_instance_uid: str
    study_date: str
    study_time: str
    study_description: str
    modalities: tuple[str, ...]
    accession_number: str
    referring_physician_name: str
    station_name: str
    institution_name: str
    first_image_at: datetime
    last_image_at: datetime
    instance_count: int
    conflict_count: int
    complete_at: datetime | None
    complete_reason: str | None
    series: tuple[SeriesView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """An entry of the timeline."""

    at: datetime
    kind: str
    by_name: str | None
    """Nobody: the platform itself."""
    state_from: str | None
    state_to: str | None
    reason: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionView:
    """What dispatch decided, as it kept it."""

    at: datetime
    cause: str
    rule_version: str
    inputs: Mapping[str, Any]
    ranking: Mapping[str, Any]
    exclusions: Mapping[str, Any]
    next_deadline: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreliminaryView:
    """A first result that was given before the report."""

    at: datetime
    by_name: str
    text: str
    told_to: str
    means: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """A version of the report."""

    version_id: int
    number: int
    kind: str
    indication: str
    technique: str
    dose: str
    findings: str
    conclusion: str
    draft_number: int
    edited_at: datetime
    edited_by_name: str
    signed_at: datetime | None
    signed_by_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteView:
    """The requesting site, as far as a reader needs it."""

    site_id: int
    society_id: int
    name: str
    zone: str
    telephone_emergency: str
    telephone_ct: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSheet:
    """A case with everything that belongs to it."""

    row: WorklistRow
    site: SiteView
    patient: Identity
    priority_reason: str
    state_by_name: str | None
    state_reason: str
    complete_at: datetime | None
    reader_telephone: str | None
    studies: tuple[StudyView, ...]
    timeline: tuple[EventView, ...]
    decisions: tuple[DecisionView, ...]
    preliminaries: tuple[PreliminaryView, ...]
    versions: tuple[VersionView, ...]

    @property
    def draft(self) -> VersionView | None:
        """The version that is being written, if there is one."""
        return next((each for each in self.versions if each.signed_at is None), None)

    @property
    def signed(self) -> tuple[VersionView, ...]:
        """The versions that were signed, in order."""
        return tuple(each for each in self.versions if each.signed_at is not None)

    @property
    def is_withdrawn(self) -> bool:
        """Is the last word on the report that it is withdrawn?"""
        words = [each.kind for each in self.signed if each.kind in {"report", "withdrawal"}]
        return words[-1:] == ["withdrawal"]

    @property
    def unseen_count(self) -> int:
        """Images that came since the reader last said to have seen them all, >= 0."""
        return max(0, self.row.instance_count - self.row.seen_count)
