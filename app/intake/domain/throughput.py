"""How fast an association brought what it brought."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Throughput:
    """Rates over the time from the opening to the last answer.

    Parameters
    ----------
    lasted_s
        Seconds, > 0.
    images_per_s
        Answered images, refused ones too; >= 0.
    bytes_per_s
        Of data sets; >= 0.
    """

    lasted_s: float
    images_per_s: float
    bytes_per_s: float


def measure_throughput(
    *, opened_at: datetime, last_message_at: datetime | None, images: int, received_bytes: int
) -> Throughput | None:
    """Measure the rates of an association; nothing when no image came, or no time passed.

    The end of the association is left out: a console may hold it open for minutes after its last
    image, which says nothing of the line.

    Parameters
    ----------
    opened_at, last_message_at
        Aware; the second is missing when nothing was answered, or not yet counted.
    images
        Answered, with success or not; >= 0.
    received_bytes
        Of their data sets; >= 0.
    """
    if last_message_at is None or images <= 0:
        return None
    lasted_s = (last_message_at - opened_at).total_seconds()
    if lasted_s <= 0:
        return None
    return Throughput(lasted_s, images / lasted_s, received_bytes / lasted_s)
