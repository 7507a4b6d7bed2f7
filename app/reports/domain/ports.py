"""What the reports need from outside."""

from typing import Protocol

from app.reports.domain.document import ReportDocument
from app.reports.domain.rendered import RenderedDocuments


class DocumentRenderer(Protocol):
    """Makes the documents of one signed version."""

    def render(self, document: ReportDocument) -> RenderedDocuments:
        """Make the documents; the same input always gives the same bytes.

        Blocks for some tenths of a second: call it from a thread, outside any transaction.
        """
        ...
