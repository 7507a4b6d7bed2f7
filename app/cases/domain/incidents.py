"""Technical events of a case that must be traced (CSP R.6316-4)."""

from enum import StrEnum


class IncidentKind(StrEnum):
    """What went wrong, as far as whoever notes it can tell."""

    TRANSMISSION = "transmission"
    """Images or the report did not arrive, or too late."""
    IMAGE_QUALITY = "image_quality"
    IDENTITY = "identity"
    EQUIPMENT = "equipment"
    """Of the hospital, of the reading centre, or of the platform."""
    COMMUNICATION = "communication"
    """Somebody could not be reached."""
    OTHER = "other"
