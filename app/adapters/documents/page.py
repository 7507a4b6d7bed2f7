"""The report as a PDF page, set by typst from a template of ours."""

import json
import re
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import typst

from app.adapters.documents.charset import clean_line, clean_text
from app.adapters.documents.headings import HEADINGS, Headings
from app.reports.domain.document import (
    AddendumText,
    DocumentKind,
    Language,
    ReportDocument,
    Signer,
)

_TEMPLATE = Path(__file__).with_name("report.typ")
_DATE_FORMATS = {Language.FRENCH: "%d/%m/%Y", Language.ENGLISH: "%Y-%m-%d"}


def build_page(document: ReportDocument) -> bytes:
    """Make the PDF of one version: A4, the fonts that typst carries, the document's own clock."""
    return typst.compile(
        _TEMPLATE,
        root=_TEMPLATE.parent,
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"page": json.dumps(_describe(document))},
        timestamp=int(document.signed_at.timestamp()),
    )


def _describe(document: ReportDocument) -> dict[str, object]:
    """Say everything that is on the page as plain data."""
    words = HEADINGS[document.language]
    is_report = document.kind is DocumentKind.REPORT
    description = clean_line(document.study.study_description)
    created = document.signed_at.astimezone(UTC)
    return {
        "words": asdict(words),
        "language": document.language.value,
        "title": words.title if is_report else words.addendum_of,
        "subtitle": description,
        "author": _name(document.signer),
        "created": list(created.timetuple()[:6]),
        "site": clean_line(document.site),
        "society": clean_line(document.society),
        "patient": _patient_rows(document, words=words),
        "exam": _exam_rows(document, words=words),
        "chapters": _chapters(document, words=words),
        "signatures": [_signature(document)],
        "footer": _footer(document, words=words),
        "uid": document.uids.pdf_sop_instance_uid,
    }


def _patient_rows(document: ReportDocument, *, words: Headings) -> list[tuple[str, str]]:
    study = document.study
    rows = [
        (words.patient, _full_name(study.patient_name)),
        (words.birth_date, _day(study.patient_birth_date, language=document.language)),
        (words.sex, clean_line(study.patient_sex)),
        (words.patient_id, clean_line(study.patient_id)),
    ]
    return [(label, value or "—") for label, value in rows]


def _exam_rows(document: ReportDocument, *, words: Headings) -> list[tuple[str, str]]:
    study = document.study
    rows = [
        (words.exam, clean_line(study.study_description)),
        (words.exam_date, _day(study.study_date, language=document.language)),
        (words.accession, clean_line(study.accession_number)),
        (words.referrer, _full_name(study.referring_physician_name)),
    ]
    return [(label, value or "—") for label, value in rows]


def _footer(document: ReportDocument, *, words: Headings) -> str:
    """Name the patient on every sheet, so that loose ones find their way back."""
    study = document.study
    parts = [
        _full_name(study.patient_name),
        _day(study.patient_birth_date, language=document.language),
        clean_line(study.accession_number),
        f"{words.version} {document.version}",
        _moment(document, at=document.signed_at),
    ]
    return " · ".join(part for part in parts if part)


def _full_name(person_name: str) -> str:
    """Write the alphabetic group of a PN as words, in the order of its components."""
    return " ".join(clean_line(person_name).split("=")[0].replace("^", " ").split())


def _chapters(document: ReportDocument, *, words: Headings) -> list[dict[str, object]]:
    texts = document.chapters
    chapters = [
        (words.indication, texts.indication, False),
        (words.technique, texts.technique, False),
        (words.findings, texts.findings, False),
        (words.conclusion, texts.conclusion, True),
    ]
    chapters += [
        (_addendum_title(document, addendum, words=words), addendum.text, True)
        for addendum in document.addenda
    ]
    return [
        {"title": title, "paragraphs": _paragraphs(text), "strong": strong}
        for title, text, strong in chapters
        if clean_text(text)
    ]


def _paragraphs(text: str) -> list[list[str]]:
    """Cut a text at its blank lines, and each part at its line breaks."""
    parts = re.split(r"(?:\r\n){2,}", clean_text(text))
    return [part.split("\r\n") for part in parts]


def _addendum_title(document: ReportDocument, addendum: AddendumText, *, words: Headings) -> str:
    moment = _moment(document, at=addendum.signed_at)
    return f"{words.addendum} · {_name(addendum.signer)} · {moment}"


def _signature(document: ReportDocument) -> dict[str, str]:
    moment = _moment(document, at=document.signed_at)
    detail = f"RPPS {clean_line(document.signer.rpps)} · {moment} ({document.time_zone})"
    return {"name": _name(document.signer), "detail": detail}


def _name(signer: Signer) -> str:
    return f"Dr {clean_line(signer.given_name)} {clean_line(signer.family_name)}"


def _moment(document: ReportDocument, *, at: datetime) -> str:
    local = at.astimezone(ZoneInfo(document.time_zone))
    return local.strftime(f"{_DATE_FORMATS[document.language]} %H:%M")


def _day(digits: str, *, language: Language) -> str:
    """Write a DA as a day; one that is no day of the calendar is shown as it came."""
    text = clean_line(digits)
    if not re.fullmatch(r"[0-9]{8}", text):
        return text
    try:
        day = datetime(int(text[:4]), int(text[4:6]), int(text[6:]), tzinfo=UTC)
    except ValueError:
        return text
    return day.strftime(_DATE_FORMATS[language])
