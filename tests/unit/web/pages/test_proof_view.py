"""Numbers of a proof as people read them: exact, in their language's way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.pages.proof_view import write_millionths
from app.web.pages.texts import texts_of


@pytest.mark.parametrize(
    ("millionths", "english", "french"),
    [
        (0, "0", "0"),
        (-600_000, "-0.6", "-0,6"),
        (119_400_000, "119.4", "119,4"),
        (1, "0.000001", "0,000001"),
    ],
)
def test_guards_are_written_in_the_language_without_needless_zeros(
    millionths: int, english: str, french: str
) -> None:
    told = [write_millionths(millionths, texts=texts_of(each)) for each in ("en", "fr")]

    assert told == [english, french]


@given(st.integers(-(10**12), 10**12))
def test_no_millionth_is_lost(millionths: int) -> None:
    told = write_millionths(millionths, texts=texts_of("en")).replace(",", "")

    whole, _, part = told.removeprefix("-").partition(".")
    assert int(whole) * 1_000_000 + int(part.ljust(6, "0")) == abs(millionths)
    assert told.startswith("-") is (millionths < 0)
