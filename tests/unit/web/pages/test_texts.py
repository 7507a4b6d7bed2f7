"""Texts: every message has its French, and times are written on the wall of a zone."""

import string
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from app.web.pages.rendering import environment_of
from app.web.pages.texts import choose_language, read_accept_language, texts_of
from tests.house.tree import ROOT

PARIS = ZoneInfo("Europe/Paris")
FRENCH = ROOT / "app" / "web" / "locale" / "fr" / "LC_MESSAGES" / "messages.po"
MAPPING = [("app/**.py", "python"), ("app/web/templates/**.html", "jinja2")]


def extract() -> set[str]:
    found = extract_from_dir(ROOT, MAPPING, options_map={"**.html": {"silent": "false"}})
    messages = (each[2] for each in found)
    return {each if isinstance(each, str) else each[0] for each in messages}


@pytest.fixture(scope="module")
def french() -> Catalog:
    with FRENCH.open("rb") as catalogue:
        return read_po(catalogue, locale="fr")


def name(message_id: str | tuple[str, ...] | list[str]) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]


def test_every_message_has_its_french_and_nothing_is_left_over(french: Catalog) -> None:
    translated = {name(each.id) for each in french if each.id}

    assert extract() == translated


def test_no_french_is_empty_uncertain_or_without_a_value_of_its_message(french: Catalog) -> None:
    faults = []
    for message in french:
        if not message.id:
            continue
        given = message.string or ""
        forms = [given] if isinstance(given, str) else list(given)
        wanted = set(find_values(name(message.id)))
        if (
            message.fuzzy
            or not all(forms)
            or any(set(find_values(each)) != wanted for each in forms)
        ):
            faults.append(name(message.id))

    assert faults == []


def find_values(text: str) -> list[str]:
    return [part.partition(")")[0] for part in text.split("%(")[1:]]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_template_can_be_read(language: str) -> None:
    environment = environment_of(language)

    for template in environment.list_templates(extensions=["html"]):
        environment.get_template(template)


def test_no_template_turns_escaping_off() -> None:
    folder = ROOT / "app" / "web" / "templates"
    offenders = [
        path.name
        for path in folder.rglob("*.html")
        if "|safe" in (text := path.read_text(encoding="utf-8").replace(" ", ""))
        or "autoescape" in text
        or "style=" in text
        or "javascript:" in text
    ]

    assert offenders == []


def test_a_plural_takes_its_form_from_the_language() -> None:
    assert texts_of("fr").ngettext("%(num)d image", "%(num)d images", 0) == "0 image"
    assert texts_of("en").ngettext("%(num)d image", "%(num)d images", 0) == "0 images"


def test_an_instant_of_today_shows_its_time_and_any_other_its_day_too() -> None:
    texts = texts_of("fr")
    at = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)

    assert texts.format_instant(at, zone=PARIS, now=at) == "00:30"
    earlier = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)
    assert texts.format_instant(earlier, zone=PARIS, now=at) == "20 nov. 2026 23:30"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (60, "1 min 00 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h 00"),
        (90000, "1 j 1 h"),
        (-61, "−1 min 01 s"),
    ],
)
def test_a_duration_is_written_in_its_two_largest_units(seconds: float, text: str) -> None:
    assert texts_of("fr").format_duration(seconds) == text


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("fr-FR,fr;q=0.9,en;q=0.8", "fr"),
        ("de, en-GB;q=0.7", "en"),
        ("de", "fr"),
        ("", "fr"),
        ("en;q=0, fr;q=0.1", "fr"),
        ("en;q=0.5, fr;q=0.9", "fr"),
    ],
)
def test_the_language_is_the_best_that_we_have(header: str, language: str) -> None:
    assert choose_language(read_accept_language(header), default="fr") == language


@given(st.text(alphabet=string.printable))
def test_no_header_breaks_the_choice(header: str) -> None:
    assert choose_language(read_accept_language(header), default="en") in {"fr", "en"}
