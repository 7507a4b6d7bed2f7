"""Names, dates and telephones: written as people do, or left as received."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.pages.identity import (
    read_date,
    read_person_name,
    read_time,
    write_telephone,
    write_telephone_uri,
)
from app.web.pages.texts import texts_of

FRENCH = texts_of("fr")


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("DUPONT^JEANNE", "DUPONT JEANNE"),
        ("DUPONT^JEANNE^MARIE^Mme^", "DUPONT JEANNE MARIE"),
        ("^JEANNE", "JEANNE"),
        ("DUPONT JEANNE", "DUPONT JEANNE"),
        ("^^^^", ""),
        ("=山田^太郎=やまだ^たろう", "山田 太郎"),
        ("", ""),
    ],
)
def test_a_person_is_named_by_family_given_and_middle_name(value: str, name: str) -> None:
    assert read_person_name(value) == name


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("19500131", "31/01/1950"),
        ("1950.01.31", "31/01/1950"),
        ("19500231", "19500231"),
        ("1950", "1950"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_a_date_that_is_none_is_shown_as_received(value: str, day: str) -> None:
    assert read_date(value, texts=FRENCH) == day


@pytest.mark.parametrize(
    ("value", "time"),
    [("142233.123456", "14:22"), ("1422", "14:22"), ("14:22:33", "14:22"), ("9999", "9999")],
)
def test_a_time_is_written_to_the_minute(value: str, time: str) -> None:
    assert read_time(value) == time


@pytest.mark.parametrize(
    ("value", "written", "uri"),
    [
        ("+33600000000", "06 00 00 00 00", "tel:+33600000000"),
        ("05.56.00.00.01", "05 56 00 00 01", "tel:+33556000001"),
        ("+32 2 555 12 12", "+32 2 555 12 12", "tel:+3225551212"),
        ("poste 4012", "poste 4012", "tel:4012"),
    ],
)
def test_a_telephone_is_written_in_pairs_and_called_in_full(
    value: str, written: str, uri: str
) -> None:
    assert write_telephone(value) == written
    assert write_telephone_uri(value) == uri


@given(st.text())
def test_whatever_was_received_can_be_shown(value: str) -> None:
    read_person_name(value)
    read_time(value)
    read_date(value, texts=FRENCH)
    write_telephone(value)
    assert write_telephone_uri(value).startswith("tel:")
