"""The mail that points to a morning list says how much there is, and of whom nothing."""

from datetime import date

import pytest

from app.delivery.domain.morning_words import MorningTold, write_morning

TOLD = MorningTold(
    list_id=12, society="Imagerie du Lac", day=date(2026, 11, 21), read_count=7, open_count=2
)


@pytest.mark.parametrize(("language", "day"), [("fr", "21/11/2026"), ("en", "2026-11-21")])
def test_it_names_the_society_the_day_and_where_the_list_is(language: str, day: str) -> None:
    words = write_morning(TOLD, language=language, base_url="https://astreinte.example")

    assert day in words.subject
    assert "Imagerie du Lac" in words.subject
    assert "https://astreinte.example/morning/12\n" in words.text
    assert ": 7\n" in words.text
    assert ": 2\n" in words.text


def test_without_an_address_of_the_pages_the_path_is_told() -> None:
    words = write_morning(TOLD, language="en", base_url=None)

    assert "the reports: /morning/12\n" in words.text
