"""The files of a version, and the UIDs of its pages."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.ids import draw_uid
from app.reports.domain.document import Form
from app.reports.domain.rendered import RenderedDocuments, derive_page_uid


@given(first=st.builds(draw_uid), pages=st.integers(1, 60))
def test_every_page_has_a_uid_of_its_own_that_is_always_the_same(first: str, pages: int) -> None:
    uids = [derive_page_uid(first, page=page) for page in range(1, pages + 1)]

    assert uids[0] == first
    assert len(set(uids)) == pages
    assert uids == [derive_page_uid(first, page=page) for page in range(1, pages + 1)]
    assert all(re.fullmatch(r"2\.25\.(0|[1-9]\d*)", uid) and len(uid) <= 64 for uid in uids)


@given(first=st.builds(draw_uid), second=st.builds(draw_uid), page=st.integers(2, 60))
def test_pages_of_two_documents_never_share_a_uid(first: str, second: str, page: int) -> None:
    assert derive_page_uid(first, page=page) != derive_page_uid(second, page=page)


def test_there_is_no_page_before_the_first() -> None:
    with pytest.raises(ValueError, match="no page 0"):
        derive_page_uid("2.25.1", page=0)


def test_a_version_has_one_file_of_each_form_and_a_picture_of_each_page() -> None:
    rendered = RenderedDocuments(pdf=b"p", sr=b"s", encapsulated_pdf=b"e", pages=(b"1", b"2"))

    assert [(file.form, file.page, file.content) for file in rendered.list_files()] == [
        (Form.PDF, 1, b"p"),
        (Form.SR, 1, b"s"),
        (Form.ENCAPSULATED_PDF, 1, b"e"),
        (Form.SECONDARY_CAPTURE, 1, b"1"),
        (Form.SECONDARY_CAPTURE, 2, b"2"),
    ]
