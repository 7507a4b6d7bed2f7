"""Faults of files in words: all of them, in both languages."""

from app.planning.domain.files.faults import Fault, FaultKind, LineFault
from app.web.pages.file_words import FAULTS, write_faults
from app.web.pages.texts import texts_of


def test_every_fault_has_its_words_in_both_languages() -> None:
    assert set(FAULTS) == set(FaultKind)
    for kind in FaultKind:
        english, french = (
            write_faults([Fault(3, 2, kind, "x")], texts=texts_of(each)) for each in ("en", "fr")
        )
        assert english == (LineFault(3, 2, FAULTS[kind] % {"value": "x"}),)
        assert english != french
        assert "%" not in french[0].message
