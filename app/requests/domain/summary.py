"""A request as reports and pages show it beside the images."""

from dataclasses import dataclass
from datetime import date, datetime

from app.requests.domain.states import ACCEPTED, RequestState


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentSummary:
    """A file that came with a request.

    Parameters
    ----------
    media_type
        `application/pdf`, `image/jpeg` or `image/png`, as its content says.
    size_bytes
        > 0.
    digest
        SHA-256 of its content, in hexadecimal.
    """

    attachment_id: int
    name: str
    media_type: str
    size_bytes: int
    digest: str
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSummary:
    """What was asked, by whom, and what was decided; instants are aware.

    Parameters
    ----------
    exam
        The exam wished.
    exam_instead
        The exam to be done, when a radiologist substituted another; else empty.
    protocol, reason
        Of the decision in force; empty before it.
    decided_by_name
        Given name and family name of the radiologist; empty before the decision.
    open_question
        What a radiologist wants to know before deciding; empty when there is nothing.
    images_at
        When the first images had come; absent before.
    """

    request_id: int
    site_id: int
    state: RequestState
    priority: str
    family_name: str
    given_name: str
    birth_date: date | None
    sex: str
    patient_id: str
    accession_number: str
    question: str
    context: str
    region: str
    exam: str
    allergy: str
    renal_function: str
    pregnancy: str
    requester: str
    call_back_number: str
    patient_informed: bool
    expected_count: int | None
    requested_at: datetime
    requested_by_name: str
    decided_at: datetime | None
    decided_by_name: str
    protocol: str
    exam_instead: str
    reason: str
    version: int
    open_question: str
    images_at: datetime | None
    attachments: tuple[AttachmentSummary, ...] = ()

    @property
    def exam_to_do(self) -> str:
        """The exam that is to be done: the one decided, else the one wished."""
        return self.exam_instead or self.exam

    @property
    def is_accepted(self) -> bool:
        """Has a radiologist decided that an exam is to be done?"""
        return self.state in ACCEPTED
