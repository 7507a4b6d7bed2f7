"""Which version stands: a withdrawal takes back all, only a report follows it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reports.domain.chain import read_chain
from app.reports.domain.document import DocumentKind

REPORT, ADDENDUM, WITHDRAWAL = DocumentKind


@st.composite
def histories(draw: st.DrawFn) -> list[DocumentKind]:
    """Draw reports with addenda, each but the last withdrawn, the last perhaps."""
    history: list[DocumentKind] = []
    for _ in range(draw(st.integers(1, 4))):
        addenda = draw(st.integers(0, 3))
        history += [REPORT, *[ADDENDUM] * addenda, WITHDRAWAL]
    return history if draw(st.booleans()) else history[:-1]


@given(kinds=histories())
def test_the_last_report_stands_with_its_addenda_unless_it_was_withdrawn(
    kinds: list[DocumentKind],
) -> None:
    chain = read_chain(kinds)

    assert kinds[chain.report] is REPORT
    assert REPORT not in kinds[chain.report + 1 :]
    assert chain.is_withdrawn is (kinds[-1] is WITHDRAWAL)
    assert chain.addenda == tuple(
        index for index, kind in enumerate(kinds) if kind is ADDENDUM and index > chain.report
    )


@given(kinds=histories(), wrong=st.sampled_from(DocumentKind))
def test_nothing_but_a_report_follows_a_withdrawal_and_no_report_follows_one_that_stands(
    kinds: list[DocumentKind], wrong: DocumentKind
) -> None:
    if (kinds[-1] is WITHDRAWAL) is (wrong is REPORT):
        assert read_chain([*kinds, wrong]).report >= read_chain(kinds).report
        return

    with pytest.raises(ValueError, match="cannot follow"):
        read_chain([*kinds, wrong])


def test_there_is_nothing_to_read_before_the_first_signature() -> None:
    with pytest.raises(ValueError, match="without a signed report"):
        read_chain([])
