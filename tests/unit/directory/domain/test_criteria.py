import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cases.domain.priority import fold
from app.directory.domain import InvalidField
from app.directory.domain.criteria import (
    RuleWithoutCriterion,
    check_criteria,
    check_modality,
    check_station_name,
    check_words,
)


@given(st.text(max_size=210))
def test_words_that_are_accepted_match_some_descriptions_and_not_all(text: str) -> None:
    try:
        words = check_words(text)
    except InvalidField:
        assert not fold(text) or len(text) > 200
    else:
        assert fold(words)
        assert fold(words) == fold(text)
        assert 1 <= len(words) <= 200


@pytest.mark.parametrize("text", ["", "  ", "--- / ---", "!", "\N{COMBINING ACUTE ACCENT}"])
def test_signs_without_a_letter_are_no_words(text: str) -> None:
    with pytest.raises(InvalidField):
        check_words(text)


def test_words_have_at_most_200_characters() -> None:
    assert check_words("a" * 200) == "a" * 200
    with pytest.raises(InvalidField):
        check_words("a" * 201)


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=16))
def test_capital_letters_are_a_modality(text: str) -> None:
    assert check_modality(text) == text


@pytest.mark.parametrize("text", ["", "ct", "CT ", "C T", "CT\n", "CT1", "É", "A" * 17])
def test_what_no_scanner_writes_is_no_modality(text: str) -> None:
    with pytest.raises(InvalidField):
        check_modality(text)


def test_the_blanks_around_a_station_name_do_not_count() -> None:
    assert check_station_name(" Scanner 2 ") == "Scanner 2"
    assert check_station_name("A" * 16 + "  ") == "A" * 16


@pytest.mark.parametrize("text", ["", " ", "A" * 17, "CT\\2"])
def test_what_no_study_holds_is_no_station_name(text: str) -> None:
    with pytest.raises(InvalidField):
        check_station_name(text)


@pytest.mark.parametrize(
    "criterion", [{"sender_id": 1}, {"modality": "CT"}, {"station_name": "CT2"}, {"words": "AVC"}]
)
def test_one_criterion_is_enough(criterion: dict[str, object]) -> None:
    check_criteria({"rank": 1, "priority": "P1", **criterion})


def test_a_rule_that_would_match_every_study_is_refused() -> None:
    with pytest.raises(RuleWithoutCriterion):
        check_criteria({"rank": 1, "priority": "P1", "words": None})
