"""The report as pages, set by typst from a template of ours: a PDF, and pictures if asked for."""

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory

import typst

from app.adapters.documents.appendix import Leaf, lay_out_attachments
from app.adapters.documents.asked import describe_requests
from app.adapters.documents.charset import clean_line, clean_text
from app.adapters.documents.headings import HEADINGS, Headings, find_title
from app.adapters.documents.wording import (
    name_doctor,
    name_equipment,
    name_person,
    write_day,
    write_moment,
    write_withdrawal,
)
from app.reports.domain.document import AddendumText, ReportDocument

_TEMPLATE = Path(__file__).with_name("report.typ")
PIXELS_PER_INCH = 150
"""Of the pages as pictures: 10 point text is legible on a screen, a page has 6.5 MB."""


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of one version: as a PDF, and each as a PNG when they were asked for."""

    pdf: bytes
    pictures: tuple[bytes, ...] = ()


def build_pages(document: ReportDocument) -> Pages:
    """Set the pages of one version: A4, the fonts that typst carries, the document's own clock."""
    with TemporaryDirectory(prefix="astreinte-page-") as folder:
        root = Path(folder)
        shutil.copy(_TEMPLATE, root)
        leaves = [] if document.withdrawal else lay_out_attachments(document, folder=root)
        compiler = typst.Compiler(
            root / _TEMPLATE.name,
            root=root,
            ignore_system_fonts=True,
            sys_inputs={"page": json.dumps(_describe(document, leaves=leaves))},
        )
        pdf = compiler.compile(format="pdf", timestamp=int(document.signed_at.timestamp()))
        pictures = None
        if document.uids.pages_sop_instance_uid:
            pictures = compiler.compile(format="png", ppi=PIXELS_PER_INCH)
    return Pages(pdf=_list_files(pdf)[0], pictures=_list_files(pictures))


def _list_files(compiled: bytes | list[bytes] | None) -> tuple[bytes, ...]:
    """List what typst gives: nothing, one file, or one for each page."""
    if compiled is None:
        return ()
    return (compiled,) if isinstance(compiled, bytes) else tuple(compiled)


def _describe(document: ReportDocument, *, leaves: Sequence[Leaf]) -> dict[str, object]:
    """Say everything that is on the pages as plain data."""
    words = HEADINGS[document.language]
    created = document.signed_at.astimezone(UTC)
    return {
        "words": asdict(words),
        "language": document.language.value,
        "title": find_title(document),
        "withdrawn": document.withdrawal is not None,
        "subtitle": clean_line(document.study.study_description),
        "author": name_doctor(document.signer),
        "created": list(created.timetuple()[:6]),
        "site": clean_line(document.site),
        "society": clean_line(document.society),
        "patient": _patient_rows(document, words=words),
        "exam": _exam_rows(document, words=words),
        "requests": [] if document.withdrawal else describe_requests(document),
        "chapters": _chapters(document, words=words),
        "leaves": [asdict(leaf) for leaf in leaves],
        "signatures": [_signature(document, words=words)],
        "footer": _footer(document, words=words),
        "uid": document.uids.pdf_sop_instance_uid,
    }


def _patient_rows(document: ReportDocument, *, words: Headings) -> list[tuple[str, str]]:
    study = document.study
    rows = [
        (words.patient, name_person(study.patient_name)),
        (words.birth_date, write_day(study.patient_birth_date, language=document.language)),
        (words.sex, clean_line(study.patient_sex)),
        (words.patient_id, clean_line(study.patient_id)),
    ]
    return [(label, value or "—") for label, value in rows]


def _exam_rows(document: ReportDocument, *, words: Headings) -> list[tuple[str, str]]:
    study = document.study
    rows = [
        (words.exam, clean_line(study.study_description)),
        (words.exam_date, write_day(study.study_date, language=document.language)),
        (words.accession, clean_line(study.accession_number)),
        (words.referrer, name_person(study.referring_physician_name)),
        (words.equipment, name_equipment(document)),
    ]
    return [(label, value or "—") for label, value in rows]


def _footer(document: ReportDocument, *, words: Headings) -> str:
    """Name the patient on every sheet, so that loose ones find their way back."""
    study = document.study
    parts = [
        name_person(study.patient_name),
        write_day(study.patient_birth_date, language=document.language),
        clean_line(study.accession_number),
        f"{words.version} {document.version}",
        write_moment(document, at=document.signed_at),
    ]
    return " · ".join(part for part in parts if part)


def _chapters(document: ReportDocument, *, words: Headings) -> list[dict[str, object]]:
    texts = document.chapters
    chapters = [
        (words.indication, texts.indication, False),
        (words.technique, texts.technique, False),
        (words.dose, texts.dose, False),
        (words.findings, texts.findings, False),
        (words.conclusion, texts.conclusion, True),
    ]
    chapters += [
        (_addendum_title(document, addendum, words=words), addendum.text, True)
        for addendum in document.addenda
    ]
    if document.withdrawal is not None:
        sentence = write_withdrawal(document, document.withdrawal)
        chapters += [
            (words.withdrawn, sentence, True),
            (words.reason, document.withdrawal.reason, False),
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
    moment = write_moment(document, at=addendum.signed_at)
    return f"{words.addendum} · {name_doctor(addendum.signer)} · {moment}"


def _signature(document: ReportDocument, *, words: Headings) -> dict[str, str]:
    moment = write_moment(document, at=document.signed_at)
    rpps = f"RPPS {clean_line(document.signer.rpps)}"
    detail = f"{words.function} · {rpps} · {moment} ({document.time_zone})"
    return {"name": name_doctor(document.signer), "detail": detail}
