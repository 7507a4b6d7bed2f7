"""What a request must hold."""

from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.requests.domain.content import (
    CHANGEABLE_AFTER_DECISION,
    EARLIEST_BIRTH,
    MANDATORY,
    MOST_IMAGES,
    RequestContent,
    check_change,
    check_content,
    find_changes,
    is_telephone,
)
from app.requests.domain.faults import ContentRefused, DecidedContentFixed
from tests.factories.requests import CONTENT

TODAY = date(2026, 11, 20)


def find_faults(**changes: Any) -> set[str]:
    with pytest.raises(ContentRefused) as refused:
        check_content(replace(CONTENT, **changes), today=TODAY)
    return {fault.field for fault in refused.value.faults}


def test_a_whole_request_is_kept_as_it_is() -> None:
    assert check_content(CONTENT, today=TODAY) == CONTENT


@pytest.mark.parametrize("name", MANDATORY)
def test_nothing_mandatory_may_be_empty_or_blank(name: str) -> None:
    assert find_faults(**{name: ""}) == {name}
    assert find_faults(**{name: " \r\n\t"}) == {name}


def test_all_faults_are_told_at_once_and_none_repeats_what_was_typed() -> None:
    with pytest.raises(ContentRefused) as refused:
        check_content(
            replace(CONTENT, family_name="", call_back_number="secret", expected_count=0),
            today=TODAY,
        )

    faults = refused.value.faults
    assert [each.field for each in faults] == ["family_name", "call_back_number", "expected_count"]
    assert "secret" not in refused.value.message + "".join(each.message for each in faults)


@pytest.mark.parametrize("days", [1, 2, 400, 36_500])
def test_nobody_is_born_in_the_future(days: int) -> None:
    assert find_faults(birth_date=TODAY + timedelta(days=days)) == {"birth_date"}


@pytest.mark.parametrize("birth_date", [None, TODAY, EARLIEST_BIRTH])
def test_an_unknown_patient_a_newborn_and_the_oldest_are_taken(birth_date: date | None) -> None:
    content = replace(CONTENT, birth_date=birth_date)

    assert check_content(content, today=TODAY).birth_date == birth_date


def test_nobody_was_born_before_1880() -> None:
    assert find_faults(birth_date=date(1879, 12, 31)) == {"birth_date"}


@pytest.mark.parametrize("count", [-1, 0, MOST_IMAGES + 1])
def test_an_announced_number_outside_of_its_range_is_refused(count: int) -> None:
    assert find_faults(expected_count=count) == {"expected_count"}


@pytest.mark.parametrize("count", [None, 1, MOST_IMAGES])
def test_an_announced_number_in_its_range_is_kept(count: int | None) -> None:
    content = replace(CONTENT, expected_count=count)

    assert check_content(content, today=TODAY).expected_count == count


@pytest.mark.parametrize(
    "name",
    ["family_name", "question", "context", "region", "exam", "allergy", "patient_id", "requester"],
)
@pytest.mark.parametrize("letter", ["\x00", "\x1b", "\x7f", "\x85", "\ud800", "\u202e", "\u2066"])
def test_no_text_holds_what_cannot_be_seen(name: str, letter: str) -> None:
    assert find_faults(**{name: f"a{letter}b"}) == {name}


def test_a_script_is_a_text_like_any_other() -> None:
    script = "<script>alert(1)</script>"

    assert check_content(replace(CONTENT, question=script), today=TODAY).question == script


def test_lines_are_kept_in_a_question_and_refused_in_a_name() -> None:
    kept = check_content(replace(CONTENT, question="one\r\ntwo\rthree"), today=TODAY)

    assert kept.question == "one\ntwo\nthree"
    assert find_faults(family_name="one\ntwo") == {"family_name"}


@pytest.mark.parametrize(
    ("name", "longest"),
    [("family_name", 200), ("question", 5000), ("patient_id", 64), ("accession_number", 16)],
)
def test_texts_are_bounded(name: str, longest: int) -> None:
    changes: dict[str, Any] = {name: "x" * longest}
    kept = check_content(replace(CONTENT, **changes), today=TODAY)

    assert len(getattr(kept, name)) == longest
    assert find_faults(**{name: "x" * (longest + 1)}) == {name}


@pytest.mark.parametrize(
    "number",
    ["05 53 00 00 00", "05.53.00.00.00", "+33 (0)5 53-00-00-00", "0553000000", "4512", "+33553"],
)
def test_telephones_are_taken_as_people_write_them(number: str) -> None:
    assert is_telephone(number)


@pytest.mark.parametrize(
    "number", ["", "123", "poste", "0" * 21, "12a4", "05 53 00 00 00 x", "٣٤٥٦"]
)
def test_what_cannot_be_dialled_is_no_telephone(number: str) -> None:
    assert not is_telephone(number)


@given(st.text(), st.text(), st.text())
def test_what_was_kept_once_is_kept_the_same_again(
    family_name: str, question: str, call_back_number: str
) -> None:
    content = replace(
        CONTENT,
        family_name=family_name,
        question=question,
        call_back_number=call_back_number,
    )
    try:
        kept = check_content(content, today=TODAY)
    except ContentRefused:
        return

    assert check_content(kept, today=TODAY) == kept
    kept.question.encode()
    assert kept.family_name.strip()


def test_a_change_is_named_with_what_it_was_before() -> None:
    after = replace(CONTENT, question="Fracture ?", expected_count=300)

    assert find_changes(CONTENT, after) == {
        "question": "Hémorragie cérébrale ?",
        "expected_count": None,
    }


@pytest.mark.parametrize("name", [each.name for each in fields(RequestContent)])
def test_after_the_decision_only_identities_and_telephones_change(name: str) -> None:
    check_change(frozenset({name}), decided=False)
    if name in CHANGEABLE_AFTER_DECISION:
        check_change(frozenset({name}), decided=True)
        return

    with pytest.raises(DecidedContentFixed) as refused:
        check_change(frozenset({name, "accession_number"}), decided=True)

    assert refused.value.names == {name}
