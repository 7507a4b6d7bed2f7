"""All the documents of one signed version."""

from app.adapters.documents.encapsulated import encapsulate
from app.adapters.documents.page import build_page
from app.adapters.documents.structured import build_structured_report
from app.reports.domain.document import RenderedDocuments, ReportDocument


class TypstDicomRenderer:
    """Renders the page by typst and the DICOM objects by pydicom."""

    def render(self, document: ReportDocument) -> RenderedDocuments:
        """Make the three documents; the same input always gives the same bytes."""
        pdf = build_page(document)
        return RenderedDocuments(
            pdf=pdf,
            sr=build_structured_report(document),
            encapsulated_pdf=encapsulate(document, pdf=pdf),
        )
