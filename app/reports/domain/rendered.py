"""The bytes that a signed version was made into."""

import uuid
from dataclasses import dataclass

from app.reports.domain.document import Form


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedFile:
    """One file: a form, and of a form with a file for each page, which page, from 1."""

    form: Form
    page: int = 1
    content: bytes


@dataclass(frozen=True, slots=True)
class RenderedDocuments:
    """The bytes of one version: the page to read, and DICOM files with their meta header."""

    pdf: bytes
    sr: bytes
    encapsulated_pdf: bytes
    pages: tuple[bytes, ...] = ()
    """Each page as a picture, in order; none when the site takes no pictures."""

    def list_files(self) -> tuple[RenderedFile, ...]:
        """List the files with their forms and pages."""
        pages = (
            RenderedFile(form=Form.SECONDARY_CAPTURE, page=number, content=content)
            for number, content in enumerate(self.pages, start=1)
        )
        return (
            RenderedFile(form=Form.PDF, content=self.pdf),
            RenderedFile(form=Form.SR, content=self.sr),
            RenderedFile(form=Form.ENCAPSULATED_PDF, content=self.encapsulated_pdf),
            *pages,
        )


def derive_page_uid(first_page_uid: str, *, page: int) -> str:
    """Derive the UID of a page from that of the first: rendered again, it is the same object.

    Parameters
    ----------
    page
        From 1, whose UID is the one given.

    Raises
    ------
    ValueError
        If there is no such page.

    References
    ----------
    RFC 9562 §5.5: a UUID by name; PS3.5 §B.2: a UID by UUID.
    """
    if page < 1:
        msg = f"a document has no page {page}"
        raise ValueError(msg)
    if page == 1:
        return first_page_uid
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, f'{first_page_uid}.{page}').int}"
