"""What has happened to a request, for the pipeline."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RequestSubmitted:
    """A request waits for a decision; `is_new` is false when it had been submitted before."""

    request_id: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class RequestValidated:
    """A radiologist wants the exam, or another in its place, and owns its images.

    Parameters
    ----------
    images_due_at
        When the site is asked where the images are; absent: they came before the decision.
    """

    request_id: int
    radiologist_id: int
    images_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class RequestRefused:
    """A radiologist has said why the exam is not to be done."""

    request_id: int
    radiologist_id: int


@dataclass(frozen=True, slots=True)
class InformationWanted:
    """A radiologist has asked the site something; the request still waits."""

    request_id: int
    radiologist_id: int


@dataclass(frozen=True, slots=True)
class RequestCancelled:
    """The site no longer wants the exam, and none of its images had come."""

    request_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagesOverdue:
    """An accepted request has no image yet: its site is to be asked.

    Parameters
    ----------
    telephone
        Of the console.
    """

    request_id: int
    radiologist_id: int | None
    site_id: int
    site_name: str
    telephone: str
