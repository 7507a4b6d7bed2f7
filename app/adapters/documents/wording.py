"""Names, days and moments as the documents write them."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from app.adapters.documents.charset import clean_line
from app.adapters.documents.headings import HEADINGS
from app.reports.domain.document import Language, ReportDocument, Signer, Withdrawal

_DATE_FORMATS = {Language.FRENCH: "%d/%m/%Y", Language.ENGLISH: "%Y-%m-%d"}


def name_doctor(signer: Signer) -> str:
    """Write a radiologist's name with their title."""
    return f"Dr {clean_line(signer.given_name)} {clean_line(signer.family_name)}"


def name_person(person_name: str) -> str:
    """Write the alphabetic group of a PN as words, in the order of its components."""
    return " ".join(clean_line(person_name).split("=")[0].replace("^", " ").split())


def write_moment(document: ReportDocument, *, at: datetime) -> str:
    """Write an instant by the wall clock of the site."""
    local = at.astimezone(ZoneInfo(document.time_zone))
    return local.strftime(f"{_DATE_FORMATS[document.language]} %H:%M")


def write_day(digits: str, *, language: Language) -> str:
    """Write a DA as a day; one that is no day of the calendar is shown as it came."""
    text = clean_line(digits)
    if not re.fullmatch(r"[0-9]{8}", text):
        return text
    try:
        day = datetime(int(text[:4]), int(text[4:6]), int(text[6:]), tzinfo=UTC)
    except ValueError:
        return text
    return day.strftime(_DATE_FORMATS[language])


def write_withdrawal(document: ReportDocument, withdrawal: Withdrawal) -> str:
    """Say which report no longer counts: whose, of when, under which number."""
    return HEADINGS[document.language].withdrawn_of.format(
        name=name_doctor(withdrawal.signer),
        moment=write_moment(document, at=withdrawal.signed_at),
        version=withdrawal.version,
    )


def name_equipment(document: ReportDocument) -> str:
    """Name what made the images: maker, model and station, as far as they said."""
    study = document.study
    maker = f"{clean_line(study.manufacturer)} {clean_line(study.manufacturer_model_name)}".strip()
    parts = (maker, clean_line(study.station_name), clean_line(study.institution_name))
    return " · ".join(part for part in parts if part)
