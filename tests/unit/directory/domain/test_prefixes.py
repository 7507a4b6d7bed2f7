import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.directory.domain import InvalidField
from app.directory.domain.prefixes import (
    LONGEST_LO,
    LONGEST_SH,
    TakenOff,
    check_prefix,
    find_prefix,
    prefix_accession,
    prefix_identifier,
    take_off,
)

PREFIXES = st.from_regex(r"[A-Z0-9]{1,8}", fullmatch=True)
VALUES = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=80).map(str.strip)
LONGEST = st.sampled_from([LONGEST_LO, LONGEST_SH])


@given(PREFIXES, VALUES, LONGEST)
def test_what_was_prefixed_is_put_back(prefix: str, value: str, longest: int) -> None:
    sent = prefix_identifier(prefix, value, longest=longest)

    assert len(sent) <= longest
    assert find_prefix({prefix}, sent) == prefix
    assert take_off({prefix}, sent, known=["other", value]) == TakenOff(prefix, value)


@given(st.lists(PREFIXES, min_size=2, max_size=2, unique=True), VALUES, VALUES, LONGEST)
def test_two_sites_never_share_an_identifier(
    prefixes: list[str], one: str, other: str, longest: int
) -> None:
    first = prefix_identifier(prefixes[0], one, longest=longest)
    second = prefix_identifier(prefixes[1], other, longest=longest)

    assert first != second
    assert take_off({prefixes[1]}, first, known=[one, other]) is None


@given(PREFIXES, VALUES, VALUES, LONGEST)
def test_two_identifiers_of_one_site_stay_two(
    prefix: str, one: str, other: str, longest: int
) -> None:
    assume(one != other)

    assert prefix_identifier(prefix, one, longest=longest) != prefix_identifier(
        prefix, other, longest=longest
    )


def test_a_shortened_value_that_nobody_knows_is_not_guessed() -> None:
    sent = prefix_accession("S12", "A" * 16)

    assert sent.startswith("S12.")
    assert len(sent) == LONGEST_SH
    assert take_off({"S12"}, sent) is None
    assert take_off({"S12"}, sent, known=["B" * 16]) is None


def test_a_value_that_looks_prefixed_already_loses_one_prefix_only() -> None:
    assert take_off({"S1"}, prefix_identifier("S1", "S1-7")) == TakenOff("S1", "S1-7")


@pytest.mark.parametrize("value", ["", "0045678", "s1-7", "S1_7", "ABCDEFGHI-7", "S9-7", "-7"])
def test_what_has_none_of_our_prefixes_is_left_alone(value: str) -> None:
    assert find_prefix({"S1"}, value) is None
    assert take_off({"S1"}, value) is None


def test_no_accession_stays_none_but_no_patient_id_is_the_site_s_own() -> None:
    assert prefix_accession("S1", "") == ""
    assert take_off({"S1"}, prefix_identifier("S1", "")) == TakenOff("S1", "")


@pytest.mark.parametrize("text", ["", "s1", "ABCDEFGHI", "S-1", "S1\n", "É"])
def test_a_prefix_is_a_few_capitals_and_digits(text: str) -> None:
    with pytest.raises(InvalidField):
        check_prefix(text)
