"""What may be saved and signed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.errors import Invalid
from app.reports.domain.document import Chapters
from app.reports.domain.versions import (
    LONGEST_CHAPTER,
    LONGEST_LINE,
    check_chapters,
    check_line,
    check_signable,
)

KEPT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(text=KEPT)
def test_any_text_is_kept(text: str) -> None:
    check_chapters(Chapters(indication=text, technique=text, findings=text, conclusion=text))


@pytest.mark.parametrize("name", ["indication", "technique", "findings", "conclusion"])
@pytest.mark.parametrize("text", ["\0", "\udfff", "x" * (LONGEST_CHAPTER + 1)])
def test_a_chapter_that_cannot_be_kept_is_refused_by_its_name(name: str, text: str) -> None:
    with pytest.raises(Invalid, match=name):
        check_chapters(Chapters(**{name: text}))


@pytest.mark.parametrize("conclusion", ["", " \n\t"])
def test_a_report_is_signed_with_a_conclusion(conclusion: str) -> None:
    with pytest.raises(Invalid, match="conclusion"):
        check_signable(Chapters(findings="Rien.", conclusion=conclusion))


@given(conclusion=KEPT.filter(lambda text: bool(text.strip())))
def test_a_conclusion_alone_can_be_signed(conclusion: str) -> None:
    check_signable(Chapters(conclusion=conclusion))


@pytest.mark.parametrize("text", ["", "  ", "x" * (LONGEST_LINE + 1), "a\0"])
def test_a_line_is_neither_empty_nor_endless(text: str) -> None:
    with pytest.raises(Invalid, match="who was told"):
        check_line(text, name="who was told")
