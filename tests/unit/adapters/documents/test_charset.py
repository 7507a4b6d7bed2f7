"""The sender's character set is kept when it can be; a text is made fit for its element."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.charset import python_encoding

from app.adapters.documents.charset import (
    UNICODE,
    choose_character_set,
    clean_line,
    clean_text,
)


@pytest.mark.parametrize(
    ("received", "text", "chosen"),
    [
        ("", "plain", ""),
        ("", "élan", "ISO_IR 100"),
        ("ISO_IR 6", "plain", "ISO_IR 6"),
        ("ISO_IR 6", "élan", "ISO_IR 100"),
        ("ISO_IR 100", "élan", "ISO_IR 100"),
        ("ISO_IR 100", "œil", UNICODE),
        ("ISO_IR 192", "plain", UNICODE),
        ("ISO_IR 144", "Иван", "ISO_IR 144"),
        ("ISO 2022 IR 6\\ISO 2022 IR 87", "plain", "ISO_IR 100"),
        ("nonsense", "plain", "ISO_IR 100"),
    ],
)
def test_the_narrowest_set_that_the_receiver_knows_is_chosen(
    received: str, text: str, chosen: str
) -> None:
    assert choose_character_set(received, texts=[text]) == chosen


@given(
    received=st.sampled_from(sorted(python_encoding)),
    texts=st.lists(st.text().map(clean_text)),
)
def test_every_text_can_be_written_in_the_set_that_is_chosen(
    received: str, texts: list[str]
) -> None:
    chosen = choose_character_set(received, texts=texts)

    for text in texts:
        assert text.encode(python_encoding[chosen] if chosen else "ascii") is not None


@given(text=st.text())
def test_a_line_is_one_line_and_one_value(text: str) -> None:
    line = clean_line(text)

    assert not set(line) & set("\\\r\n\t\0\x1b\x7f")
    assert line == line.strip() == clean_line(line)
    assert line.encode() is not None


@given(text=st.text())
def test_a_text_has_only_breaks_of_two_characters(text: str) -> None:
    cleaned = clean_text(text)

    assert "\n" not in cleaned.replace("\r\n", "")
    assert "\r" not in cleaned.replace("\r\n", "")
    assert cleaned == clean_text(cleaned)
    assert cleaned.encode() is not None
