"""What was asked before the exam, as the documents show it: the justification of the exam."""

from app.adapters.documents.charset import clean_line, clean_text
from app.adapters.documents.headings import HEADINGS, PREGNANCIES
from app.adapters.documents.wording import write_moment
from app.reports.domain.document import ReportDocument
from app.requests.domain.summary import RequestSummary


def describe_requests(document: ReportDocument) -> list[list[tuple[str, str]]]:
    """Write each request as rows of a label and a text; what it does not say is left out."""
    return [_describe(document, request) for request in document.requests]


def write_requests(document: ReportDocument) -> str:
    """Write all requests as one text of lines; "" when there is none."""
    return "\n\n".join(
        "\n".join(f"{label}: {text}" for label, text in rows)
        for rows in describe_requests(document)
    )


def _describe(document: ReportDocument, request: RequestSummary) -> list[tuple[str, str]]:
    words = HEADINGS[document.language]
    rows = [
        (words.question, request.question),
        (words.context, request.context),
        (words.wished, " · ".join(part for part in (request.exam_to_do, request.region) if part)),
        (words.requester, request.requester),
        (words.allergy, request.allergy),
        (words.renal_function, request.renal_function),
        (words.pregnancy, PREGNANCIES[document.language].get(request.pregnancy, "")),
        (words.protocol, request.protocol),
        (words.decided_by, _write_decision(document, request)),
    ]
    texts = [(label, clean_text(text).replace("\r\n", "\n")) for label, text in rows]
    return [(label, text) for label, text in texts if text]


def _write_decision(document: ReportDocument, request: RequestSummary) -> str:
    if request.decided_at is None or not request.is_accepted:
        return HEADINGS[document.language].not_decided
    moment = write_moment(document, at=request.decided_at)
    return f"{clean_line(request.decided_by_name)} · {moment}"
