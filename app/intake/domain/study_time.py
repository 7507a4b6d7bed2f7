"""When a study was made, as its date and time say it."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

_DATE_DIGITS, _TIME_DIGITS = 8, 6


def read_made_at(study_date: str, study_time: str, *, zone: ZoneInfo) -> datetime | None:
    """Read the instant at which a study was made.

    Parameters
    ----------
    study_date, study_time
        As received: DA and TM (PS3.5 §6.2), in the hospital's wall clock.
    zone
        The hospital's.

    Returns
    -------
    datetime or None
        Aware. Without a usable time the end of the day: a study is called young rather than old.
        Nothing without a usable date.
    """
    digits = study_date.strip().replace(".", "").replace("-", "")
    try:
        # strptime would take fewer digits than the standard has.
        if len(digits) != _DATE_DIGITS or not (digits.isascii() and digits.isdigit()):
            return None
        day = datetime.strptime(digits, "%Y%m%d").replace(tzinfo=zone)
    except ValueError:
        return None
    return datetime.combine(day.date(), _read_time(study_time), tzinfo=zone)


def _read_time(study_time: str) -> time:
    digits = study_time.strip().split(".")[0].replace(":", "")
    if not (digits.isascii() and digits.isdigit()) or len(digits) % 2 or len(digits) > _TIME_DIGITS:
        return time(23, 59, 59)
    parts = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
    hour, minute, second = (*parts, *([59] * (3 - len(parts))))
    try:
        # PS3.5 §6.2: 60 is allowed for leap seconds.
        return time(hour, minute, min(second, 59))
    except ValueError:
        return time(23, 59, 59)
