import pytest

from app.directory.domain import InvalidField
from app.directory.domain.practice import (
    MOST_SUB_SPECIALTIES,
    check_statute,
    check_sub_specialties,
)


def test_a_statute_is_taken_without_blanks_around_it() -> None:
    assert check_statute(" hospital ") == "hospital"


@pytest.mark.parametrize("text", ("", "  ", "x" * 41, "a\nb"))
def test_what_is_no_line_is_no_statute(text: str) -> None:
    with pytest.raises(InvalidField) as found:
        check_statute(text)

    assert found.value.field == "statute"


def test_sub_specialties_are_taken_once_in_the_order_they_were_told() -> None:
    told = [" neuro", "", "paediatric", "neuro ", "Neuro"]

    assert check_sub_specialties(told) == ["neuro", "paediatric", "Neuro"]


@pytest.mark.parametrize(
    "told", (["x" * 201], ["a\tb"], [f"{each}" for each in range(MOST_SUB_SPECIALTIES + 1)])
)
def test_too_long_too_many_or_no_line_is_refused(told: list[str]) -> None:
    with pytest.raises(InvalidField):
        check_sub_specialties(told)
