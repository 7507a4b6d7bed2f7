import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.directory.domain import InvalidField
from app.directory.domain.identifiers import (
    check_ae_title,
    check_finess,
    check_rpps,
    has_luhn_check_digit,
)
from tests.factories.directory import complete_luhn

digits = st.text("0123456789", min_size=10, max_size=10)


@given(digits)
def test_every_ten_digits_have_exactly_one_check_digit(first: str) -> None:
    fitting = [last for last in "0123456789" if has_luhn_check_digit(first + last)]

    assert len(fitting) == 1


@given(digits, st.integers(0, 10), st.integers(1, 9))
def test_a_changed_digit_is_noticed(first: str, position: int, change: int) -> None:
    number = complete_luhn(first)
    wrong = str((int(number[position]) + change) % 10)

    with pytest.raises(InvalidField):
        check_rpps(number[:position] + wrong + number[position + 1 :])


@given(digits, st.integers(0, 9))
def test_two_neighbours_that_change_places_are_noticed(first: str, position: int) -> None:
    number = complete_luhn(first)
    left, right = number[position], number[position + 1]
    # The one swap that Luhn's sum cannot see.
    assume(left != right and {left, right} != {"0", "9"})

    with pytest.raises(InvalidField):
        check_rpps(number[:position] + right + left + number[position + 2 :])


@given(digits)
def test_blanks_inside_an_rpps_number_do_not_matter(first: str) -> None:
    number = complete_luhn(first)

    assert check_rpps(f" {number[:5]} {number[5:]} ") == number


@pytest.mark.parametrize("text", ["", "1234567890", "123456789012", "1000312345A", "१२३४५६७८९०१"])
def test_what_is_not_eleven_digits_is_no_rpps_number(text: str) -> None:
    with pytest.raises(InvalidField) as caught:
        check_rpps(text)

    assert caught.value.field == "rpps"


# Published numbers: university hospital of Bordeaux, public hospitals of Paris, three in Corsica.
@pytest.mark.parametrize(
    "number", ["330781196", "750712184", "2B0000020", "2B0005342", "2B0004246"]
)
def test_published_finess_numbers_are_right(number: str) -> None:
    assert check_finess(number.lower()) == number


@pytest.mark.parametrize(
    "text", ["", "33078119", "3307811960", "330781197", "2A0000020", "2C0000020", "3B0000020"]
)
def test_wrong_finess_numbers_are_refused(text: str) -> None:
    with pytest.raises(InvalidField) as caught:
        check_finess(text)

    assert caught.value.field == "finess"


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=16))
def test_a_printable_title_without_backslash_is_kept_but_for_its_outer_blanks(text: str) -> None:
    assume("\\" not in text and text.strip(" "))

    assert check_ae_title(f" {text} ") == text.strip(" ")


@pytest.mark.parametrize("text", ["", "   ", "A" * 17, "A\\B", "A\tB", "SCANNER\x00", "ÉCHO"])
def test_wrong_ae_titles_are_refused(text: str) -> None:
    with pytest.raises(InvalidField) as caught:
        check_ae_title(text)

    assert caught.value.field == "ae_title"
