"""All the documents of one signed version."""

from app.adapters.documents.encapsulated import encapsulate
from app.adapters.documents.page import build_pages
from app.adapters.documents.pictures import build_pictures
from app.adapters.documents.structured import build_structured_report
from app.reports.domain.document import ReportDocument
from app.reports.domain.rendered import RenderedDocuments


class TypstDicomRenderer:
    """Renders the pages by typst and the DICOM objects by pydicom."""

    def render(self, document: ReportDocument) -> RenderedDocuments:
        """Make the documents; the same input always gives the same bytes."""
        pages = build_pages(document)
        return RenderedDocuments(
            pdf=pages.pdf,
            sr=build_structured_report(document),
            encapsulated_pdf=encapsulate(document, pdf=pages.pdf),
            pages=build_pictures(document, pages=pages.pictures),
        )
